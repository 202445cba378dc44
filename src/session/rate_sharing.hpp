#pragma once
// One rate limit, several torrents: who may use how much. Pure.

#include <cstdint>
#include <span>
#include <vector>

namespace shoal {

/// Divides `limit` (bytes a second) over torrents that used `used[i]` lately. Each is offered an equal part;
/// what a torrent leaves of its part, with room left for it to grow by half, goes to those that use all of
/// theirs. The sum is at most `limit`. O(n^2) at worst.
std::vector<std::uint64_t> share_rate(std::uint64_t limit, std::span<const double> used);

}  // namespace shoal
