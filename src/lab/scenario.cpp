#include <cmath>
#include <numeric>

#include <shoal/lab/result.hpp>
#include <shoal/lab/scenario.hpp>

namespace shoal::lab {

double link_rate::of(std::uint32_t n) const {
  if (low == high) {
    return low;
  }
  // Multiples of the golden ratio fill the unit interval evenly, however many there are.
  constexpr double golden_ratio = 0.61803398874989485;
  const double turns = (n + 0.5) * golden_ratio;
  return low * std::pow(high / low, turns - std::floor(turns));
}

std::uint32_t scenario::peer_count() const {
  std::uint32_t sum = 0;
  for (const auto& g : groups) {
    sum += g.count;
  }
  return sum;
}

std::uint64_t peer_result::given_total() const {
  return std::accumulate(given.begin(), given.end(), std::uint64_t{0});
}

std::uint64_t peer_result::taken_total() const {
  return std::accumulate(taken.begin(), taken.end(), std::uint64_t{0});
}

}  // namespace shoal::lab
