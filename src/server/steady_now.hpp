#pragma once
// The core's time, read from the steady clock.

#include <chrono>

#include <shoal/base/time.hpp>

namespace shoal::server {

inline instant steady_now() {
  return instant(std::chrono::duration_cast<duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

}  // namespace shoal::server
