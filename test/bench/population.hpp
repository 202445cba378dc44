#pragma once
// The peers of a benched tracker: any of them can be named by its number, and is then always the same peer of
// the same torrent, so that a tracker can be loaded with all of them and asked by any.

#include <cmath>
#include <cstddef>
#include <cstdint>

#include <shoal/announce/announce.hpp>
#include <shoal/base/rng.hpp>

namespace shoal::bench {

struct population {
  std::uint64_t torrents = 10'000;
  std::uint64_t peers = 1'000'000;
  bool zipf = false;      ///< torrents by rank, instead of all alike
  double seeders = 0.75;  ///< share of the peers
  std::uint32_t num_want = 30;
  std::uint32_t addresses = 16;  ///< of the peers, on loopback

  static sha1_digest hash_of(std::uint64_t torrent) {
    rng chance(torrent);
    sha1_digest out;
    for (auto& b : out.bytes) {
      b = static_cast<std::byte>(chance.next());
    }
    return out;
  }

  std::uint64_t torrent_of(rng& chance) const {
    const double u = chance.unit();
    const auto n = static_cast<double>(torrents);
    // Rank r with probability about 1/r: the inverse of its distribution function.
    const double rank = zipf ? std::exp(u * std::log(n + 1)) - 1 : u * n;
    return std::min(torrents - 1, static_cast<std::uint64_t>(rank));
  }

  /// The announce of the peer with that number; `address` says which of them it has.
  announce::announce_request announce_of(std::uint64_t peer, std::uint32_t& address) const {
    rng chance(peer ^ 0x5ca1ab1e00000000U);
    announce::announce_request r;
    r.info_hash = hash_of(torrent_of(chance));
    address = static_cast<std::uint32_t>(chance.below(addresses));
    r.port = static_cast<std::uint16_t>(1 + chance.below(65'535));
    r.left = chance.unit() < seeders ? 0 : 1;
    r.key = static_cast<std::uint32_t>(chance.next());
    r.num_want = num_want;
    for (auto& b : r.peer_id.bytes) {
      b = static_cast<std::byte>('a' + peer % 26);
    }
    return r;
  }
};

}  // namespace shoal::bench
