#pragma once
// The core's time. It has no `now()`: instants come in as arguments, from a steady clock in production and
// from the event queue in the lab, so the core cannot tell the two apart.

#include <chrono>
#include <cstdint>

namespace shoal {

/// A clock that nobody can read; it only gives `instant` a type of its own.
struct core_clock {
  using rep = std::int64_t;
  using period = std::nano;
  using duration = std::chrono::nanoseconds;
  using time_point = std::chrono::time_point<core_clock, duration>;
  static constexpr bool is_steady = true;
};

using duration = core_clock::duration;
using instant = core_clock::time_point;

/// Seconds as a real number, for rates.
constexpr double to_seconds(duration d) {
  return std::chrono::duration<double>(d).count();
}

/// A real number of seconds as a duration, rounded down to the nanosecond.
constexpr duration from_seconds(double s) {
  return std::chrono::duration_cast<duration>(std::chrono::duration<double>(s));
}

}  // namespace shoal
