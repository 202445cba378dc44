#pragma once
// k of n without replacement, every subset and every order equally likely, in O(k) whatever n is: Floyd's
// algorithm (Bentley and Floyd, "A sample of brilliance", CACM 30(9), 1987), then a shuffle.

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include <shoal/base/rng.hpp>

namespace shoal::registry {

class sampler {
 public:
  /// Indices below `n`, `k` of them (k <= n). The view is valid until the next call.
  std::span<const std::uint32_t> choose(std::uint32_t n, std::uint32_t k, rng& chance) {
    assert(k <= n);
    chosen_.clear();
    if (k == n) {
      chosen_.resize(n);
      std::iota(chosen_.begin(), chosen_.end(), 0U);
    } else {
      choose_some(n, k, chance);
    }
    chance.shuffle(std::span(chosen_));
    return chosen_;
  }

 private:
  void choose_some(std::uint32_t n, std::uint32_t k, rng& chance) {
    if (taken_.size() < n) {
      taken_.resize(n);
    }
    for (std::uint32_t last = n - k; last < n; ++last) {
      const auto candidate = static_cast<std::uint32_t>(chance.below(std::uint64_t{last} + 1));
      const std::uint32_t pick = taken_[candidate] ? last : candidate;
      taken_[pick] = true;
      chosen_.push_back(pick);
    }
    for (const std::uint32_t pick : chosen_) {
      taken_[pick] = false;
    }
  }

  std::vector<std::uint32_t> chosen_;
  std::vector<bool> taken_;  // one bit an index, all clear between calls
};

}  // namespace shoal::registry
