#pragma once
// For how long leechers let one another have slots, by group: what Legout et al. 2007 tell clusters by. A
// peer counts until it is complete, for then it gives by other rules, and wants nothing.

#include <cstddef>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include <shoal/sim/plan.hpp>

namespace shoal::lab {

class slot_times {
 public:
  /// Not `watching`: nothing is kept, and nothing known at the end.
  slot_times(std::size_t groups, bool watching)
      : groups_(groups), watching_(watching), seconds_(groups * groups) {}

  /// `who` of a group lets `whom` of another, or of the same, have a slot from now on.
  void begin(sim::node_index who, std::size_t group, sim::node_index whom, std::size_t of_group,
             double now_s);
  void end(sim::node_index who, sim::node_index whom, double now_s);
  /// It is complete, or gone: what it gave and what it had has ended. O(slots that are given).
  void end_all_of(sim::node_index who, double now_s);

  /// Seconds, a row a giving group, a column a group that was given to; of what has ended, and of the rest up
  /// to now.
  std::optional<std::vector<std::vector<double>>> table(double now_s) const;

 private:
  struct slot {
    double since_s = 0;
    std::size_t cell = 0;
  };

  std::size_t groups_;
  bool watching_;
  std::vector<double> seconds_;  // [giver x groups + taker]
  std::map<std::pair<sim::node_index, sim::node_index>, slot> slots_;
};

}  // namespace shoal::lab
