#pragma once
// The first 68 bytes of a connection (BEP 3), with the reserved bits that later BEPs gave a meaning.

#include <array>
#include <cstddef>
#include <cstdint>

#include <shoal/base/bytes.hpp>
#include <shoal/base/result.hpp>
#include <shoal/hash/digest.hpp>

namespace shoal::wire {

inline constexpr std::size_t handshake_bytes = 68;

struct handshake {
  std::array<std::uint8_t, 8> reserved{};
  sha1_digest info_hash;
  peer_id id;

  bool has_dht() const { return (reserved[7] & 0x01) != 0; }       ///< BEP 5
  bool has_fast() const { return (reserved[7] & 0x04) != 0; }      ///< BEP 6
  bool has_extended() const { return (reserved[5] & 0x10) != 0; }  ///< BEP 10
  bool has_v2() const { return (reserved[7] & 0x10) != 0; }        ///< BEP 52

  friend bool operator==(const handshake&, const handshake&) = default;
};

/// What we say of ourselves: fast extension and extension protocol.
handshake make_handshake(const sha1_digest& info_hash, const peer_id& id);

std::array<std::byte, handshake_bytes> encode(const handshake& h);

/// `in` may be the first bytes only: a wrong protocol string is an error as soon as one byte differs. A value
/// needs all 68 (fewer, all right so far, give `errc::bad_length`); what follows them is not looked at.
result<handshake> decode_handshake(byte_view in);

}  // namespace shoal::wire
