#pragma once
// Time in the registry: ticks, of which one byte is kept a peer. The longest silence is 64 of them, so 256
// are enough to tell how old anything is, as long as all peers are looked at every hundred ticks or so.

#include <algorithm>
#include <cstdint>

#include <shoal/base/time.hpp>

namespace shoal::registry {

inline constexpr std::uint64_t silence_ticks = 64;

class tick_clock {
 public:
  explicit tick_clock(duration silence_max)
      : length_(std::max<std::int64_t>(1, silence_max.count() / static_cast<std::int64_t>(silence_ticks))) {}

  /// The number of the tick, never less than the last: threads may bring their times in another order.
  std::uint64_t at(instant now) {
    last_ = peek(now);
    return last_;
  }
  std::uint64_t peek(instant now) const {
    return std::max(last_, static_cast<std::uint64_t>(now.time_since_epoch().count() / length_));
  }
  duration length() const { return duration(length_); }

 private:
  std::int64_t length_;  // in the clock's units
  std::uint64_t last_ = 0;
};

/// The part of a tick's number that is kept.
inline std::uint8_t kept(std::uint64_t tick) {
  return static_cast<std::uint8_t>(tick);
}
/// How many ticks before `now` the kept tick was; of no use beyond 255.
inline std::uint8_t age(std::uint8_t tick, std::uint64_t now) {
  return static_cast<std::uint8_t>(now - tick);
}
inline bool is_too_old(std::uint8_t tick, std::uint64_t now) {
  return age(tick, now) > silence_ticks;
}

}  // namespace shoal::registry
