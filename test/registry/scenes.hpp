#pragma once
// Short words for the registry's tests.

#include <array>
#include <cstdint>
#include <optional>

#include <shoal/announce/announce.hpp>
#include <shoal/registry/swarm_table.hpp>

namespace shoal::registry::test {

inline sha1_digest hash_number(std::uint8_t n) {
  sha1_digest d;
  d.bytes.fill(static_cast<std::byte>(n));
  return d;
}

/// The n-th host, the same for the same n.
inline endpoint v4_peer(std::uint32_t n, std::uint16_t port = 6881) {
  const auto octet = [n](int shift) { return static_cast<std::uint8_t>(n >> shift); };
  return {ip_address::v4({10, octet(16), octet(8), octet(0)}), port};
}
inline endpoint v6_peer(std::uint32_t n, std::uint16_t port = 6881) {
  std::array<std::uint8_t, 16> octets{0x20, 0x01, 0x0d, 0xb8};
  octets[14] = static_cast<std::uint8_t>(n >> 8);
  octets[15] = static_cast<std::uint8_t>(n);
  return {ip_address::v6(octets), port};
}

inline announce::announce_request asking(std::uint64_t left, announce::event event = announce::event::none,
                                         std::optional<std::uint32_t> num_want = {}, std::uint8_t swarm = 1) {
  announce::announce_request r;
  r.info_hash = hash_number(swarm);
  r.left = left;
  r.event = event;
  r.num_want = num_want;
  return r;
}

inline instant at(double seconds) {
  return instant(from_seconds(seconds));
}

}  // namespace shoal::registry::test
