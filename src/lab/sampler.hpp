#pragma once
// The series of a run, sample by sample.

#include <cstdint>
#include <vector>

#include <shoal/base/bitfield.hpp>
#include <shoal/lab/result.hpp>

namespace shoal::lab {

/// Counts what happens between samples. Samples that get too many are joined in pairs, so the series stay
/// within `samples_max` however long the run.
class sampler {
 public:
  static constexpr std::size_t samples_max = 600;

  sampler(const scenario& s, time_series& out);

  // What happens.

  void joined(group_index group, bool complete, double up_bytes_per_s);
  void left(group_index group, bool complete, double up_bytes_per_s, const bitfield& had);
  void completed(group_index group);
  void has(const bitfield& pieces);
  void got(piece_index piece) { ++copies_[piece.index()]; }
  void block(group_index from, group_index to, std::uint32_t bytes, bool from_limited_link);

  /// One sample, of the time since the last.
  void take(double t_s);
  /// How long a sample should be now.
  double every_s() const { return every_s_; }

 private:
  void join_pairs();

  time_series& out_;
  double every_s_;
  std::vector<std::uint32_t> copies_;  // by piece
  std::vector<std::uint64_t> up_, down_;
  std::vector<std::uint32_t> leeching_, seeding_;
  std::uint64_t limited_up_ = 0;  // bytes given through uplinks with a limit
  double uplinks_ = 0;            // of those who are there, the limited ones, bytes a second
  std::uint32_t rows_;
  double last_s_ = 0;
};

}  // namespace shoal::lab
