#pragma once
// How often each address may ask: a token bucket a source, in memory of a fixed size whoever comes. A source
// is an IPv4 address or an IPv6 /64, of which a host has all addresses. Thread-safe without a lock; O(1).
//
// A bucket is one number: when it will be full again (the generic cell rate algorithm). Buckets lie at places
// that a secret hash gives; a source whose place another keeps busy is let through, so crowding helps an
// attacker, who must show a connection id or a TCP handshake for each address, to nothing but what he has
// without it.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <shoal/base/endpoint.hpp>
#include <shoal/base/time.hpp>

namespace shoal::registry {

class source_limits {
 public:
  /// `rate_per_s` requests a second (10,000 at most) from each source, and `burst` at once; 0 for no limit.
  /// `secret` is chance.
  source_limits(std::uint32_t rate_per_s, std::uint32_t burst, std::uint64_t secret);

  /// Whether one more request is within the limit; it counts if so.
  bool take(instant now, const ip_address& source);

 private:
  // The upper bits of a bucket tell the source, the lower ones the time when it will be full, in ticks of 0.1
  // ms.
  static constexpr std::uint64_t time_mask = (std::uint64_t{1} << 44) - 1;  // 55 years
  static constexpr std::uint64_t ticks_per_s = 10'000;
  static constexpr std::uint64_t ns_per_tick = 1'000'000'000 / ticks_per_s;
  static constexpr std::size_t places = std::size_t{1} << 16;

  std::uint64_t cost_;       // of a request, in ticks
  std::uint64_t allowance_;  // how far ahead of now a bucket may be
  std::uint64_t secret_;
  std::vector<std::atomic<std::uint64_t>> buckets_;
};

}  // namespace shoal::registry
