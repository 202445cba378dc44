#pragma once
// Makes the series of a result out of snapshots of a swarm. Both kinds of runs feed it sums since the
// beginning, from which it makes rates; when there are more samples than a chart can show, every other one
// goes and the time between samples doubles, so that memory is bounded however long an experiment lasts.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <shoal/lab/result.hpp>

namespace shoal::lab {

/// A group at one moment.
struct group_snapshot {
  std::uint64_t given = 0;  ///< bytes since the beginning, of all that were ever in the group
  std::uint64_t taken = 0;
  std::uint32_t leeching = 0;  ///< there and not complete
  std::uint32_t seeding = 0;   ///< there and complete
};

/// A swarm at one moment.
struct swarm_snapshot {
  double t_s = 0;
  std::span<const group_snapshot> groups;
  double could_give = 0;   ///< bytes since the beginning: limited uplinks x time, of those there
  std::uint64_t gave = 0;  ///< bytes since the beginning by those with limited uplinks
  std::span<const std::uint32_t> copies;  ///< of each piece, among those there; empty: not known
};

class series_recorder {
 public:
  static constexpr std::size_t samples_default = 480;

  /// `samples_max` at least 2.
  explicit series_recorder(const scenario& s, std::size_t samples_max = samples_default);

  /// When to take the next sample; seconds.
  double next_s() const { return next_s_; }
  /// `now.t_s` ascends. Takes it whether or not it is due. O(groups + pieces).
  void take(const swarm_snapshot& now);

  time_series finish() const;

 private:
  struct group_sums {
    std::vector<std::uint64_t> given, taken;
    std::vector<std::uint32_t> leeching, seeding;
  };

  void thin_out();
  void take_copies(std::span<const std::uint32_t> copies);

  std::size_t samples_max_;
  std::uint32_t rows_;
  double every_s_;
  double next_s_ = 0;
  std::vector<double> t_s_;
  std::vector<group_sums> groups_;
  std::vector<double> could_give_;
  std::vector<std::uint64_t> gave_;
  std::vector<std::uint32_t> rarest_copies_, rarest_pieces_;
  std::vector<float> rows_of_copies_;
};

}  // namespace shoal::lab
