#pragma once
// A rate limit. Tokens are bytes; they flow in at the rate and are kept up to `burst`. Taking may overdraw
// once (a block is never split), and the debt is paid before the next: the mean rate is exact.
//
// Once empty it stays shut until `quantum` tokens are there: what is limited goes out some fifty times a
// second in small bunches, not block by block, since every bunch wakes threads here and at the other end.

#include <algorithm>
#include <cstdint>

#include <shoal/base/time.hpp>

namespace shoal {

class token_bucket {
 public:
  /// No limit.
  token_bucket() = default;

  /// `rate` in bytes per second, 0 for no limit. The burst is what flows in 100 ms, at least 32 KiB: small
  /// enough that a limited uplink is shared smoothly, large enough for two blocks.
  void set_rate(std::uint64_t rate_bytes_per_s, instant now) {
    refill(now);
    rate_ = static_cast<double>(rate_bytes_per_s);
    burst_ = std::max(rate_ / 10.0, 32.0 * 1024.0);
    quantum_ = std::max(1.0, rate_ / 50.0);
    tokens_ = std::min(tokens_, burst_);
  }

  bool limited() const { return rate_ > 0; }

  /// True when something may be sent now.
  bool ready(instant now) {
    refill(now);
    shut_ = limited() && tokens_ < (shut_ ? quantum_ : 1.0);
    return !shut_;
  }

  void take(std::uint64_t bytes) {
    if (limited()) {
      tokens_ -= static_cast<double>(bytes);
    }
  }
  /// Returns what was taken for something that did not happen.
  void give_back(std::uint64_t bytes) { tokens_ = std::min(tokens_ + static_cast<double>(bytes), burst_); }

  /// When `ready` turns true, as seen from the last refill; `last` itself when it is.
  instant ready_at() const {
    const double lacking = (shut_ ? quantum_ : 1.0) - tokens_;
    if (!limited() || lacking <= 0) {
      return last_;
    }
    return last_ + from_seconds(lacking / rate_) + std::chrono::microseconds(1);
  }

 private:
  void refill(instant now) {
    if (limited() && now > last_) {
      tokens_ = std::min(burst_, tokens_ + rate_ * to_seconds(now - last_));
    }
    last_ = std::max(last_, now);
  }

  double rate_ = 0;
  double burst_ = 0;
  double quantum_ = 0;
  double tokens_ = 0;
  bool shut_ = false;
  instant last_{};
};

}  // namespace shoal
