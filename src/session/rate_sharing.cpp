#include "session/rate_sharing.hpp"

#include <algorithm>
#include <numeric>

namespace shoal {

std::vector<std::uint64_t> share_rate(std::uint64_t limit, std::span<const double> used) {
  std::vector<std::size_t> order(used.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return used[a] < used[b]; });

  // From the smallest user up: each takes what it can use of an equal part of what is left.
  std::vector<std::uint64_t> out(used.size());
  double left = static_cast<double>(limit);
  for (std::size_t i = 0; i < order.size(); ++i) {
    const double part = left / static_cast<double>(order.size() - i);
    const double least = static_cast<double>(limit) / static_cast<double>(order.size()) / 4;
    const double wants = std::max(used[order[i]] * 1.5, least);  // never so little that it could not start
    const double given = i + 1 == order.size() ? part : std::min(part, wants);
    out[order[i]] = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(given));
    left -= given;
  }
  return out;
}

}  // namespace shoal
