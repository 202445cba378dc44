#pragma once
// A tracker's memory: which peers are in which swarm. Pure: time and chance are arguments.
//
// Peers of a swarm stand in dense arrays (seeders and leechers apart, IPv4 and IPv6 apart), so a random
// choice of n costs O(n) and never scans the swarm; an announce is O(1); expiry is O(expired) through a queue
// in order of last announce. A peer is its address and port: peer ids are not identity, since anybody can
// send any. Only the address an announce came from counts; the addresses in it (BEP 3 `ip`, BEP 7 `ipv4`,
// `ipv6`) are not believed, or anyone could have the swarm connect to a victim.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <shoal/announce/announce.hpp>
#include <shoal/base/endpoint.hpp>
#include <shoal/base/rng.hpp>
#include <shoal/base/time.hpp>
#include <shoal/hash/digest.hpp>

namespace shoal::registry {

struct table_settings {
  std::uint32_t interval_s = 120;  ///< what peers are told, before jitter
  std::uint32_t min_interval_s = 30;
  std::uint32_t num_want_default = 50;
  std::uint32_t num_want_max = 200;
  /// A peer silent for this many intervals is forgotten.
  double expire_intervals = 2.5;
  std::size_t swarms_max = 1'000'000;
  /// Peers beyond these are answered but not remembered.
  std::size_t peers_per_swarm_max = 1'000'000;
  std::size_t peers_max = 10'000'000;
};

struct table_totals {
  std::size_t swarms = 0, seeders = 0, leechers = 0;
  std::uint64_t announces = 0, completed = 0, expired = 0;
};

class swarm_table {
 public:
  swarm_table(const table_settings& s, std::uint64_t seed);
  ~swarm_table();
  swarm_table(swarm_table&&) noexcept;
  swarm_table& operator=(swarm_table&&) noexcept;

  /// One announce from `from` (the address it came from and the port it gave). Never returns the asker
  /// itself; seeders are not given seeders. When there are more peers than wanted the asker's own address
  /// family comes first (BEP 7), and within a family the choice is uniform. `stopped` removes and returns no
  /// peers. A peer with port 0 takes no connections, so it is answered but not remembered. The interval is
  /// jittered by up to 10 % so that peers started together drift apart.
  announce::announce_response announce(instant now, const announce::announce_request& r,
                                       const endpoint& from);

  /// Zeros for a swarm that is not known.
  announce::scrape_entry scrape(const sha1_digest& info_hash) const;
  /// The entries of all swarms, at most `swarms_max`.
  std::vector<announce::scrape_entry> scrape_all(std::size_t swarms_max) const;

  /// Forgets peers that have been silent too long, and swarms that have been empty as long. O(expired).
  void expire(instant now);
  table_totals totals() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace shoal::registry
