#pragma once
// A rate limit. Tokens are bytes; they flow in at the rate. Taking may overdraw once (a block is never
// split), and the debt is paid before the next: the mean rate is exact.
//
// Once empty it stays shut until a bunch of tokens is there, what flows in 50 ms but at most 1 MiB: what is
// limited goes out in bunches, not block by block, since every bunch wakes threads here and at the other end.
//
// Who waits and looks late, by up to a quarter of a second, loses nothing. While nobody waits only a bunch is
// kept: after a pause the limit goes on as a line of that rate would, with no burst.

#include <algorithm>
#include <cstdint>
#include <utility>

#include <shoal/base/time.hpp>

namespace shoal {

class token_bucket {
 public:
  /// No limit.
  token_bucket() = default;

  /// `rate` in bytes per second, 0 for no limit.
  void set_rate(std::uint64_t rate_bytes_per_s, instant now) {
    refill(now);
    rate_ = static_cast<double>(rate_bytes_per_s);
    bunch_ = std::max(1.0, rate_ * bunch_s);
    tokens_ = std::min(tokens_, kept());
  }

  bool limited() const { return rate_ > 0; }

  /// True when something may be taken now. Who is told otherwise waits, and asks again at `ready_at`.
  bool ready(instant now) {
    refill(now);
    shut_ = limited() && tokens_ < (shut_ ? opens_at() : 1.0);
    return !shut_;
  }
  /// Bytes that may be taken now, the last block overdrawing; after `ready` was true.
  std::uint64_t at_hand() const { return static_cast<std::uint64_t>(std::max(tokens_, 0.0)); }

  void take(std::uint64_t bytes) {
    if (limited()) {
      tokens_ -= static_cast<double>(bytes);
    }
  }
  /// Returns what was taken for something that did not happen.
  void give_back(std::uint64_t bytes) { fill(static_cast<double>(bytes)); }

  /// Bytes that nobody took and that could not be kept, since this was asked for the last time.
  std::uint64_t take_unused(instant now) {
    refill(now);
    return static_cast<std::uint64_t>(std::exchange(unused_, 0.0));
  }

  /// When `ready` turns true, as seen from the last refill; `last` itself when it is.
  instant ready_at() const {
    const double lacking = (shut_ ? opens_at() : 1.0) - tokens_;
    if (!limited() || lacking <= 0) {
      return last_;
    }
    return last_ + from_seconds(lacking / rate_) + std::chrono::microseconds(1);
  }

 private:
  static constexpr double bunch_s = 0.05;
  static constexpr double bunch_bytes_max = 1U << 20;
  static constexpr double late_s = 0.25;
  static constexpr double kept_least = 32.0 * 1024.0;  ///< two blocks

  double opens_at() const { return std::min(bunch_, bunch_bytes_max); }
  double kept() const { return std::max(shut_ ? rate_ * late_s : bunch_, kept_least); }

  void refill(instant now) {
    if (limited() && now > last_) {
      fill(rate_ * to_seconds(now - last_));
    }
    last_ = std::max(last_, now);
  }

  void fill(double bytes) {
    const double before = tokens_;
    tokens_ = std::max(tokens_, std::min(tokens_ + bytes, kept()));
    unused_ += before + bytes - tokens_;
  }

  double rate_ = 0;
  double bunch_ = 0;
  double tokens_ = 0;
  double unused_ = 0;
  bool shut_ = false;  // somebody waits
  instant last_{};
};

}  // namespace shoal
