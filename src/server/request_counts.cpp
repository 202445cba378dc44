#include "server/request_counts.hpp"

#include <algorithm>
#include <chrono>
#include <numeric>

namespace shoal::server {

std::uint64_t request_sums::total() const {
  return std::accumulate(requests.begin(), requests.end(), std::uint64_t{0});
}

std::uint64_t request_sums::bad() const {
  std::uint64_t out = 0;
  for (const bool v6 : {false, true}) {
    for (const bool refused : {false, true}) {
      out += of({request_kind::bad, v6, refused});
    }
  }
  return out;
}

void request_counts::took(duration time, std::uint64_t requests) {
  const auto us =
      static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(time).count());
  const auto bucket = std::lower_bound(latency_bounds_us.begin(), latency_bounds_us.end(), us);
  latencies_[static_cast<std::size_t>(bucket - latency_bounds_us.begin())].fetch_add(
      requests, std::memory_order_relaxed);
  latency_sum_us_.fetch_add(us * requests, std::memory_order_relaxed);
}

void request_counts::add_to(request_sums& sums) const {
  for (std::size_t i = 0; i < requests_.size(); ++i) {
    sums.requests[i] += requests_[i].load(std::memory_order_relaxed);
  }
  for (std::size_t i = 0; i < latencies_.size(); ++i) {
    sums.latencies[i] += latencies_[i].load(std::memory_order_relaxed);
  }
  sums.latency_sum_us += latency_sum_us_.load(std::memory_order_relaxed);
}

}  // namespace shoal::server
