#pragma once
// A tracker's memory: which peers are in which swarm. Pure: time and chance are arguments.
//
// A peer is its address and port: peer ids are neither identity, since anybody can send any, nor kept. Only
// the address an announce came from counts; the addresses in it (BEP 3 `ip`, BEP 7 `ipv4`, `ipv6`) are not
// believed, or anyone could have the swarm connect to a victim. Leechers stand apart from those who only give
// (seeders, and partial seeds, BEP 21), for whom other givers are of no use.
//
// Cost: an announce is O(peers told), whatever the swarm's size. 8 bytes an IPv4 peer, 10.7 on average with
// free places, 20 and 27 for IPv6; 72 a swarm and about 8 of index. Time is kept in ticks of 1/64 of the
// longest silence. Once a tick every swarm that may have somebody to forget is looked at, so a peer is
// forgotten at most a tick late and a look costs what the announces that kept the other peers there cost
// before; it can be had in steps, so nobody waits for it.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string_view>
#include <vector>

#include <shoal/announce/announce.hpp>
#include <shoal/base/bytes.hpp>
#include <shoal/base/endpoint.hpp>
#include <shoal/base/near_prefix.hpp>
#include <shoal/base/time.hpp>
#include <shoal/hash/digest.hpp>
#include <shoal/registry/excerpt.hpp>

namespace shoal::registry {

struct table_settings {
  std::uint32_t interval_s = 120;  ///< what peers are told, before jitter
  std::uint32_t min_interval_s = 30;
  std::uint32_t num_want_default = 50;
  std::uint32_t num_want_max = 200;
  /// A peer silent for this many intervals is forgotten.
  double expire_intervals = 2.5;
  std::size_t swarms_max = 2'000'000;
  /// Peers beyond these are answered but not remembered.
  std::size_t peers_per_swarm_max = 1'000'000;
  std::size_t peers_max = 10'000'000;
  /// Beyond so many bytes of `table_totals::bytes` neither new peers nor new swarms are taken in; heeded by
  /// those who keep several tables, as `table_room`.
  std::size_t bytes_max = std::numeric_limits<std::size_t>::max();
  /// Four of five peers of a reply are near the asker, if so many are.
  near_prefix near;
  /// Whether a peer that announces from another address of the same family with the same peer id and `key`
  /// (BEP 3) is taken for one that moved there, instead of for one more. Some 50 bytes a peer.
  bool follow_keys = false;
};

struct table_totals {
  std::size_t swarms = 0, seeders = 0, leechers = 0;
  std::uint64_t announces = 0, completed = 0, expired = 0;
  std::size_t bytes = 0;  ///< of memory for all this, but what the allocator adds to it

  table_totals& operator+=(const table_totals& o);
};

/// A reply but for its peers.
struct told {
  bool no_room =
      false;  ///< a torrent too many: nothing else counts but the interval, after which to try again
  std::uint32_t interval_s = 0, min_interval_s = 0;
  std::uint32_t complete = 0, incomplete = 0;  ///< seeders, and leechers with partial seeds
  std::uint32_t completed = 0;                 ///< completions ever
  endpoint moved_from;  ///< where the asker was before, by its key; port 0 for nowhere else
};

/// By their peers; those with as many in the order of their names.
bool is_busier(const announce::scrape_entry& a, const announce::scrape_entry& b);

/// Why a torrent too many is refused.
inline constexpr std::string_view no_room_reason = "the tracker has no room for another torrent";

/// Where the peers of a reply go, by family, packed as replies carry them (BEP 23, BEP 7). A family without
/// room is not told.
struct peer_room {
  span_writer v4, v6;
};

/// What a table may still take in, when it is one of several that share a limit.
enum class table_room : std::uint8_t {
  for_all,
  for_swarms,  ///< no new peer is remembered
  for_none,    ///< nor a new swarm, unless it takes the place of one that nobody is in
};

/// How an excerpt is to be taken.
struct lesson {
  duration tick{};       ///< the unit of its ages; with `silent`, no more than some years
  duration silent{};     ///< how long ago it was made
  bool foreign = false;  ///< another tracker made it
  table_room room = table_room::for_all;
};

class swarm_table {
 public:
  swarm_table(const table_settings& s, std::uint64_t seed);
  ~swarm_table();
  swarm_table(swarm_table&&) noexcept;
  swarm_table& operator=(swarm_table&&) noexcept;

  /// One announce from `from` (the address it came from and the port it gave). Never tells the asker of
  /// itself; givers are told of leechers only, but for one that has just started and downloaded nothing: it
  /// may have only a magnet link yet, of which some clients (aria2) say that nothing is left. What the
  /// leechers leave of its wish goes to givers. When there are more peers than wanted the asker's own address
  /// family comes first (BEP 7), and within a family the choice is uniform, but for near ones. `stopped`
  /// removes and tells no peers. A peer with port 0 takes no connections, so it is answered but not
  /// remembered. The interval is jittered by up to 10 % so that peers started together drift apart. Allocates
  /// for new peers only.
  told announce(instant now, const announce::announce_request& r, const endpoint& from, peer_room& peers,
                table_room room = table_room::for_all);
  /// The same as a value, with peers of both families.
  announce::announce_response announce(instant now, const announce::announce_request& r,
                                       const endpoint& from);

  /// Zeros for a swarm that is not known.
  announce::scrape_entry scrape(const sha1_digest& info_hash) const;
  /// The `count` swarms with most peers, most first. O(swarms).
  std::vector<announce::scrape_entry> busiest(std::size_t count) const;
  /// Of all swarms, in no order. O(swarms).
  std::vector<sha1_digest> info_hashes() const;

  /// Forgets peers that have been silent too long, and swarms that have been empty as long. Looks at about
  /// `places_max` swarms and peers; false when there is more to do, so that others may be let in between.
  bool expire(instant now, std::size_t places_max = std::numeric_limits<std::size_t>::max());
  table_totals totals() const;

  /// Where a walk over all swarms is; a new one is at their start.
  struct walk {
    std::size_t slot = 0;
    unsigned table = 0;
    std::uint32_t place = 0, capacity = 0;
  };
  /// Appends excerpts of the swarms from `at` on, some more than `bytes_max` at most by one peer and one
  /// excerpt's head; false when there is more. Others may use the table between two steps: who stays through
  /// the walk is told, perhaps twice; who comes or goes meanwhile, perhaps. `own_only` leaves out who
  /// announced to other trackers only.
  bool save(instant now, walk& at, std::size_t bytes_max, bool own_only, std::vector<std::byte>& out) const;
  /// The length of a tick, in which `save` tells ages.
  duration tick() const;
  /// Takes what an excerpt says of peers for what they announced when it was made, where nothing newer is
  /// known of them; the greater count of completions holds. What makes no sense in it is ignored.
  void learn(instant now, const excerpt& e, const lesson& how);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace shoal::registry
