#pragma once
// How many requests of which kind were answered and how, and how long it took. Few numbers, whatever
// strangers send. Thread-safe; a number is exact when nobody counts.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include <shoal/announce/announce.hpp>
#include <shoal/base/time.hpp>

namespace shoal::server {

/// What a request was. The announces are by their events, in the order of `announce::event`.
enum class request_kind : std::uint8_t {
  announce,
  started,
  completed,
  stopped,
  paused,
  scrape,
  connect,
  page,
  bad,
};
inline constexpr std::size_t request_kinds = 9;

inline request_kind kind_of(announce::event e) {
  return static_cast<request_kind>(e);
}

struct request_label {
  request_kind kind = request_kind::bad;
  bool v6 = false;
  bool refused = false;
};

/// Upper bounds of the histogram's buckets; one more has no bound.
inline constexpr std::array latency_bounds_us{50U,    100U,   250U,    500U,    1'000U,
                                              2'500U, 5'000U, 10'000U, 100'000U};

/// The sums of some counts, as they were at one time.
struct request_sums {
  std::array<std::uint64_t, request_kinds * 4> requests{};
  std::array<std::uint64_t, latency_bounds_us.size() + 1> latencies{};
  std::uint64_t latency_sum_us = 0;

  static std::size_t place_of(request_label l) {
    return (static_cast<std::size_t>(l.kind) * 2 + (l.v6 ? 1 : 0)) * 2 + (l.refused ? 1 : 0);
  }
  std::uint64_t of(request_label l) const { return requests[place_of(l)]; }
  std::uint64_t total() const;
  std::uint64_t bad() const;
};

class request_counts {
 public:
  void count(request_label l) {
    requests_[request_sums::place_of(l)].fetch_add(1, std::memory_order_relaxed);
  }
  /// So many requests were answered after that time.
  void took(duration time, std::uint64_t requests);
  void add_to(request_sums& sums) const;

 private:
  std::array<std::atomic<std::uint64_t>, request_kinds * 4> requests_{};
  std::array<std::atomic<std::uint64_t>, latency_bounds_us.size() + 1> latencies_{};
  std::atomic<std::uint64_t> latency_sum_us_ = 0;
};

}  // namespace shoal::server
