#pragma once
// A link as a server of finite rate: what enters waits its turn, passes at the rate, and comes out.

#include <algorithm>
#include <cstdint>
#include <limits>

#include <shoal/base/time.hpp>

namespace shoal::sim {

inline constexpr double unlimited = std::numeric_limits<double>::infinity();

class pipe {
 public:
  pipe() = default;
  /// > 0, or `unlimited`.
  explicit pipe(double bytes_per_s) : rate_(bytes_per_s) {}

  double rate() const { return rate_; }
  void set_rate(double bytes_per_s) { rate_ = bytes_per_s; }

  /// When the last of these bytes is through, of which the first came in at `first` and the last at `last`:
  /// a link passes bytes on as they come.
  instant pass(instant first, instant last, std::uint32_t bytes) {
    if (rate_ == unlimited) {
      return last;
    }
    free_ = std::max(last, std::max(first, free_) + from_seconds(bytes / rate_));
    return free_;
  }

  /// The same for bytes that are all there at `arrival`.
  instant send(instant arrival, std::uint32_t bytes) {
    if (rate_ == unlimited) {
      return arrival;
    }
    free_ = std::max(arrival, free_) + from_seconds(bytes / rate_);
    return free_;
  }

 private:
  double rate_ = unlimited;
  instant free_{};
};

}  // namespace shoal::sim
