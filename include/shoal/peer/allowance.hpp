#pragma once
// So much at once, and then one more in a time: what others may make us do.

#include <algorithm>

#include <shoal/base/time.hpp>

namespace shoal::peer {

class allowance {
 public:
  explicit allowance(double burst) : burst_(burst), left_(burst) {}

  /// One more, every `refill`; false when there is none left.
  bool take(instant now, duration refill) {
    left_ = std::min(burst_, left_ + to_seconds(now - last_) / to_seconds(refill));
    last_ = now;
    if (left_ < 1) {
      return false;
    }
    left_ -= 1;
    return true;
  }

 private:
  double burst_;
  double left_;
  instant last_{};
};

}  // namespace shoal::peer
