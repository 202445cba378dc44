#pragma once
// Some peers of one swarm, packed, as snapshots and shared stores carry them:
//
//     info-hash (20) | completions (u32) | IPv4 peers (u16) | IPv6 peers (u16) | peers
//     a peer: address (4 or 16) | port (u16) | age (u8) | marks (u8)
//
// Ages are in ticks, whose length whoever carries excerpts says beside them. Excerpts follow each other
// without anything in between. Nothing in them is believed: a file may be anybody's.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <shoal/announce/announce.hpp>
#include <shoal/base/bytes.hpp>
#include <shoal/base/endpoint.hpp>
#include <shoal/hash/digest.hpp>

namespace shoal::registry {

/// What an excerpt says of a peer, as bits.
namespace peer_mark {
inline constexpr std::uint8_t gives = 1;      ///< a seeder or a partial seed (BEP 21), else a leecher
inline constexpr std::uint8_t partial = 2;    ///< a partial seed
inline constexpr std::uint8_t completed = 4;  ///< its `completed` event has been counted
inline constexpr std::uint8_t gone = 8;       ///< it said `stopped`
/// It was told of by another tracker, and has not announced here since.
inline constexpr std::uint8_t foreign = 16;
/// `completed`, and the count of completions beside it does not have it yet.
inline constexpr std::uint8_t completes = 32;
inline constexpr std::uint8_t all = 63;
}  // namespace peer_mark

struct excerpt {
  sha1_digest info_hash;
  std::uint32_t completed = 0;  ///< completions ever
  byte_view v4, v6;             ///< the peers' records
};

inline constexpr std::size_t excerpt_head_bytes = 28;
inline constexpr std::size_t excerpt_v4_bytes = 8;
inline constexpr std::size_t excerpt_v6_bytes = 20;
inline constexpr std::size_t excerpt_peers_max = 0xffff;  ///< of one family

/// The next of the excerpts that `in` is at, as views of its bytes; nothing at the end and when it is cut,
/// which makes `in` fail.
std::optional<excerpt> next_excerpt(byte_reader& in);

/// What an announce says of its sender.
std::uint8_t marks_of(const announce::announce_request& r);
/// Appends an excerpt with one peer, just heard.
void write_news(const sha1_digest& info_hash, std::uint32_t completed, const endpoint& peer,
                std::uint8_t marks, std::vector<std::byte>& out);

}  // namespace shoal::registry
