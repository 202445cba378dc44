#pragma once
// How fast bytes pass: a mean over the last `window`, as Cohen 2003 asks for ("a rolling 20-second average").
// One slot a second in a ring, so adding is O(1) and nothing allocates.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>

#include <shoal/base/time.hpp>

namespace shoal {

/// `Slot` bounds the bytes that count in one second; what is more counts in `total` alone.
template <class Slot>
class meter_of {
 public:
  static constexpr int slots = 20;

  void add(instant now, std::uint64_t bytes) {
    advance(now);
    Slot& slot = ring_[static_cast<std::size_t>(second_ % slots)];
    const std::uint64_t counts = std::min<std::uint64_t>(bytes, std::numeric_limits<Slot>::max() - slot);
    slot += static_cast<Slot>(counts);
    sum_ += counts;
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
    const auto second = static_cast<std::int32_t>(
        std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count());
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

  std::array<Slot, slots> ring_{};
  std::uint64_t sum_ = 0;
  std::uint64_t total_ = 0;
  instant first_{};
  std::int32_t second_ = 0;
  bool started_ = false;
};

using rate_meter = meter_of<std::uint64_t>;
/// For one connection, of which there are millions: up to 4 GiB/s.
using small_rate_meter = meter_of<std::uint32_t>;

}  // namespace shoal
