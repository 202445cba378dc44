#pragma once
// The port control protocol (PCP, RFC 6887), as far as a port of ours is mapped: opcode MAP, for TCP. Bytes
// only.
//
// The attacker considered: whoever sends to our socket in the gateway's name. What does not answer the
// request that was sent, nonce and port included, is no reply to it.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include <shoal/base/bytes.hpp>
#include <shoal/base/endpoint.hpp>

namespace shoal::net {

struct pcp_map_request {
  ip_address client;                  ///< ours, as the gateway sees it
  std::array<std::byte, 12> nonce{};  ///< by chance; who asks to renew or remove shows it again
  std::uint16_t port = 0;             ///< ours
  std::uint32_t lifetime_s = 0;       ///< 0 removes the mapping
  endpoint wished;                    ///< outside; 0.0.0.0:0 for no wish

  friend bool operator==(const pcp_map_request&, const pcp_map_request&) = default;
};

struct pcp_map_reply {
  std::uint8_t result = 0;  ///< 0 for success, else why not (RFC 6887, section 7.4)
  std::uint32_t lifetime_s = 0;
  endpoint outside;

  friend bool operator==(const pcp_map_reply&, const pcp_map_reply&) = default;
};

inline constexpr std::size_t pcp_map_bytes = 60;

std::array<std::byte, pcp_map_bytes> encode(const pcp_map_request& r);

/// Nothing when the bytes are no reply to the request. Options behind a reply are passed over.
std::optional<pcp_map_reply> decode_pcp_reply(byte_view in, const pcp_map_request& asked);

}  // namespace shoal::net
