#include <algorithm>

#include <shoal/registry/source_limits.hpp>

#include "registry/siphash.hpp"

namespace shoal::registry {

namespace {

constexpr std::size_t source_bytes_max = 8;  // an IPv6 prefix; an IPv4 address is shorter

}  // namespace

source_limits::source_limits(std::uint32_t rate_per_s, std::uint32_t burst, std::uint64_t secret)
    : cost_(rate_per_s == 0 ? 0 : std::max<std::uint64_t>(1, ticks_per_s / rate_per_s)),
      allowance_(cost_ * std::max(1U, burst)),
      secret_(secret),
      buckets_(rate_per_s == 0 ? 0 : places) {}

bool source_limits::take(instant now, const ip_address& source) {
  if (buckets_.empty()) {
    return true;
  }
  const byte_view bytes = source.bytes().first(std::min(source.bytes().size(), source_bytes_max));
  const std::uint64_t hash = siphash({secret_, bytes.size()}, bytes);
  auto& bucket = buckets_[static_cast<std::size_t>(hash % places)];
  const std::uint64_t tag = hash & ~time_mask;
  const std::uint64_t time =
      static_cast<std::uint64_t>(now.time_since_epoch().count()) / ns_per_tick & time_mask;
  std::uint64_t held = bucket.load(std::memory_order_relaxed);
  for (;;) {
    const std::uint64_t full_at = held & time_mask;
    if ((held & ~time_mask) != tag && full_at > time) {
      return true;  // another's
    }
    const std::uint64_t next = std::max(full_at, time) + cost_;
    if (next > time + allowance_) {
      return false;
    }
    if (bucket.compare_exchange_weak(held, tag | (next & time_mask), std::memory_order_relaxed)) {
      return true;
    }
  }
}

}  // namespace shoal::registry
