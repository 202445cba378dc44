#pragma once
// The message of peer exchange (BEP 11, extension "ut_pex"): whom the sender has met and whom it has lost
// since its last one.

#include <cstddef>
#include <cstdint>
#include <vector>

#include <shoal/base/bytes.hpp>
#include <shoal/base/endpoint.hpp>
#include <shoal/base/result.hpp>

namespace shoal::wire {

struct pex_peer {
  static constexpr std::uint8_t prefers_encryption = 0x01;
  static constexpr std::uint8_t seed = 0x02;  ///< or only uploads
  static constexpr std::uint8_t utp = 0x04;
  static constexpr std::uint8_t holepunch = 0x08;
  static constexpr std::uint8_t reachable = 0x10;  ///< the sender has connected to it

  shoal::endpoint endpoint;
  std::uint8_t flags = 0;

  friend bool operator==(const pex_peer&, const pex_peer&) = default;
};

struct pex_message {
  /// Of either list what is read at most, IPv4 and IPv6 each; BEP 11 allows 50.
  static constexpr std::size_t peers_max = 200;

  std::vector<pex_peer> added;           ///< IPv4 first
  std::vector<shoal::endpoint> dropped;  ///< IPv4 first

  friend bool operator==(const pex_message&, const pex_message&) = default;
};

/// The payload of the `extended` message; lists that are empty are left out.
std::vector<std::byte> encode(const pex_message& m);
/// Fails for what is no dictionary and for lists that are no whole number of peers. Flags that are missing
/// are 0; what is beyond `peers_max` is left out.
result<pex_message> decode_pex_message(byte_view payload);

}  // namespace shoal::wire
