#pragma once
// What a simulated swarm is made of.

#include <cstdint>
#include <optional>

#include <shoal/base/bitfield.hpp>
#include <shoal/base/strong.hpp>
#include <shoal/base/time.hpp>
#include <shoal/registry/swarm_table.hpp>
#include <shoal/sim/pipe.hpp>
#include <shoal/swarm/torrent_core.hpp>

namespace shoal::sim {

/// A peer of the simulation, in the order in which they were added.
using node_index = strong_index<struct node_index_tag>;
/// Hosts that share one link to the rest.
using site_index = strong_index<struct site_index_tag>;

/// The addresses of a site's hosts begin with the same so many bits, and nobody else's with these.
inline constexpr unsigned site_prefix_bits = 16;
inline constexpr std::uint32_t site_hosts_max = 1U << (32 - site_prefix_bits);
inline constexpr std::uint32_t sites_max = 1U << (site_prefix_bits - 1);

struct site_plan {
  double up_bytes_per_s = unlimited;
  double down_bytes_per_s = unlimited;
  duration latency{};  ///< one way
};

struct node_plan {
  swarm::core_settings core;
  bool complete = false;         ///< begins with everything
  std::optional<bitfield> have;  ///< what it begins with otherwise; nothing: nothing
  double up_bytes_per_s = unlimited;
  double down_bytes_per_s = unlimited;
  duration latency{};  ///< one way, of its access link; between two nodes both add up
  std::optional<site_index> site;
  double disk_bytes_per_s = unlimited;
  bool lies = false;  ///< every block that it sends is false
};

struct swarm_plan {
  std::uint64_t content_bytes = 0;
  std::uint32_t piece_length = 0;
  std::uint32_t block_length = block_bytes;  ///< of all requests and transfers
  registry::table_settings tracker;
  std::uint64_t seed = 1;
  bool wire = false;  ///< every message goes through the encoder and the decoder
  /// Everything happens at multiples of this, by the order of the nodes: a node does at one time all that it
  /// has to do then, with what it was sent at that time by those before it; of others' it hears the next
  /// time. What its uplink carries in between goes together, if it is of one connection. Links know no ticks:
  /// what is rounded is when a node hears of it. 0: everything at its own instant.
  duration grain{};
  /// The same until much happens (a few hundred thousand things in a grain), and when that is over. `grain`
  /// is a multiple of it. 0: as `grain`.
  duration quiet_grain{};
  /// Nodes whose number is a multiple of it are watched by the checkers; 0: none.
  std::uint32_t check_every = 1;
};

/// What happens, for whoever wants to know. Called in the midst of it: an observer may ask the swarm, and
/// call `virtual_swarm::at`, and nothing else.
class observer {
 public:
  observer() = default;
  observer(const observer&) = delete;
  observer& operator=(const observer&) = delete;
  virtual ~observer() = default;

  /// `to` received payload.
  virtual void on_block(node_index from, node_index to, std::uint32_t bytes);
  /// A piece is verified and on disk.
  virtual void on_piece(node_index who, piece_index piece);
  /// Everything is.
  virtual void on_complete(node_index who);
  virtual void on_report(node_index who, const swarm::report& r);
  /// `who` has said to `whom` that it unchokes it, or that it chokes it.
  virtual void on_slot(node_index who, node_index whom, bool unchoked);
};

}  // namespace shoal::sim
