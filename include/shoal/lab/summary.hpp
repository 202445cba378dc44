#pragma once
// A result in a few numbers.

#include <cstdint>
#include <optional>
#include <vector>

#include <shoal/lab/result.hpp>

namespace shoal::lab {

/// Leechers' times from joining to completion, in seconds.
struct completion_summary {
  std::uint32_t joined = 0;
  std::uint32_t completed = 0;
  std::uint32_t gave_up = 0;    ///< left before completion
  std::vector<double> times_s;  ///< ascending, of those that completed

  /// The time by which a part of those who completed had done so; nothing when nobody did. `part` 0 to 1.
  std::optional<double> quantile(double part) const;
  std::optional<double> median() const { return quantile(0.5); }
  std::optional<double> last() const { return quantile(1); }
};
/// Of one group, or of all leechers.
completion_summary completions(const run_result& r, std::optional<group_index> group = {});

/// Bytes by giver's and taker's group: [giver][taker].
std::vector<std::vector<std::uint64_t>> exchanged(const run_result& r);

/// What each leecher of a group that took something gave, over what it took; ascending.
std::vector<double> share_ratios(const run_result& r, group_index group);

}  // namespace shoal::lab
