#pragma once
// The core's time, read from the steady clock, and the time of day.

#include <chrono>
#include <cstdint>

#include <shoal/base/time.hpp>

namespace shoal::server {

inline instant steady_now() {
  return instant(std::chrono::duration_cast<duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

/// Milliseconds since 1970.
inline std::uint64_t unix_now_ms() {
  using std::chrono::milliseconds;
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count());
}

}  // namespace shoal::server
