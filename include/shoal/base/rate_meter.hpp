#pragma once
// How fast bytes pass: a mean over the last `window`, as Cohen 2003 asks for ("a rolling 20-second average").
// One slot a second in a ring, so adding is O(1) and nothing allocates.

#include <array>
#include <cstddef>
#include <cstdint>

#include <shoal/base/time.hpp>

namespace shoal {

class rate_meter {
 public:
  static constexpr int slots = 20;

  void add(instant now, std::uint64_t bytes) {
    advance(now);
    ring_[static_cast<std::size_t>(second_ % slots)] += bytes;
    sum_ += bytes;
    total_ += bytes;
  }

  /// Mean over the last 20 s, or since the first byte when that is less (at least one second).
  double bytes_per_s(instant now) {
    advance(now);
    if (!started_) {
      return 0;
    }
    const double age = to_seconds(now - first_);
    const double span = age < slots ? (age < 1 ? 1 : age) : slots;
    return static_cast<double>(sum_) / span;
  }

  std::uint64_t total() const { return total_; }

 private:
  void advance(instant now) {
    const auto second = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
    if (!started_) {
      started_ = true;
      first_ = now;
      second_ = second;
      return;
    }
    if (second - second_ >= slots) {
      ring_.fill(0);
      sum_ = 0;
      second_ = second;
    }
    while (second_ < second) {
      ++second_;
      auto& slot = ring_[static_cast<std::size_t>(second_ % slots)];
      sum_ -= slot;
      slot = 0;
    }
  }

  std::array<std::uint64_t, slots> ring_{};
  std::uint64_t sum_ = 0;
  std::uint64_t total_ = 0;
  std::int64_t second_ = 0;
  instant first_{};
  bool started_ = false;
};

}  // namespace shoal
