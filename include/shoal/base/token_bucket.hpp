#pragma once
// A rate limit. Tokens are bytes; they flow in at the rate. Taking may overdraw once (a block is never
// split), and the debt is paid before the next: the mean rate is exact.
//
// Once empty it stays shut until a bunch of tokens is there, what flows in 50 ms but at most 1 MiB: what is
// limited goes out in bunches, not block by block, since every bunch wakes threads here and at the other end.
//
// What flows in a quarter of a second is kept while nobody takes it: a clock that is looked at late, or a
// peer that had asked for too little, loses nothing, and after a pause no more than that goes at once.

#include <algorithm>
#include <cstdint>

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
    tokens_ = std::min(tokens_, kept_max());
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
  void give_back(std::uint64_t bytes) {
    tokens_ = std::min(tokens_ + static_cast<double>(bytes), kept_max());
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
  static constexpr double kept_s = 0.25;
  static constexpr double kept_least = 32.0 * 1024.0;  ///< two blocks

  double opens_at() const { return std::min(bunch_, bunch_bytes_max); }
  double kept_max() const { return std::max(rate_ * kept_s, kept_least); }

  void refill(instant now) {
    if (limited() && now > last_) {
      tokens_ = std::min(kept_max(), tokens_ + rate_ * to_seconds(now - last_));
    }
    last_ = std::max(last_, now);
  }

  double rate_ = 0;
  double bunch_ = 0;
  double tokens_ = 0;
  bool shut_ = false;  // somebody waits
  instant last_{};
};

}  // namespace shoal
