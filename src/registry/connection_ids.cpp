#include <shoal/registry/connection_ids.hpp>

#include "registry/siphash.hpp"

namespace shoal::registry {

namespace {

std::uint64_t second_of(instant t) {
  return static_cast<std::uint64_t>(std::chrono::floor<std::chrono::seconds>(t.time_since_epoch()).count());
}

/// The id's lowest byte tells the second, modulo 256, and the rest proves it.
constexpr std::uint64_t second_bits = 0xff;

}  // namespace

std::uint64_t connection_ids::made(std::uint64_t second, const ip_address& address) const {
  std::array<std::byte, 8 + 16> message{};
  span_writer out(message);
  out.u64(second);
  out.bytes(address.bytes());
  return (siphash(key_, out.written()) & ~second_bits) | (second & second_bits);
}

std::uint64_t connection_ids::issue(instant now, const ip_address& to) const {
  return made(second_of(now), to);
}

bool connection_ids::accepts(std::uint64_t id, instant now, const ip_address& from) const {
  const std::uint64_t latest = second_of(now) + 1;
  const std::uint64_t age = (latest - id) & second_bits;
  return age <= static_cast<std::uint64_t>(valid_for.count()) + 1 && made(latest - age, from) == id;
}

}  // namespace shoal::registry
