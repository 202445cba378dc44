#pragma once
// Which connections of a swarm are worth more than others, so that both ends of each think alike (BEP 40):
// by a checksum of their two addresses. Who is full keeps those with the highest, so newcomers get in by
// their addresses and not by their persistence, and an attacker only as far as addresses carry it.

#include <cstdint>

#include <shoal/base/bytes.hpp>
#include <shoal/base/endpoint.hpp>

namespace shoal::peer {

/// Higher is worth more. The same from both sides; both of one family. Of an address far from ours only every
/// second bit of the last bytes counts, so a network has few values to choose from.
std::uint32_t peer_priority(const endpoint& ours, const endpoint& theirs);

/// CRC-32C (Castagnoli, RFC 3720).
std::uint32_t crc32c(byte_view bytes);

}  // namespace shoal::peer
