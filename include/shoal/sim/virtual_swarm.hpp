#pragma once
// A swarm of torrent cores in virtual time. The cores, the choker, the picker and the tracker's table are
// those that ship; what is modelled is what lies between them:
//
//  - **Links.** A node's uplink carries one block after another at its rate (with a `grain`: one train of
//    blocks of a connection after another, and all below holds for trains); a block then passes the sites'
//    links, when there are any, and the receiver's downlink, first come first served, and takes the latency
//    of all of them. On one connection at most `flight_bytes` (and what the round trip holds) are on their
//    way, so that a slow receiver keeps only its own blocks waiting, as TCP does. Messages without payload
//    take the latency and no bandwidth. Lost packets bound a connection's rate as Mathis et al. 1997 say.
//  - **Disks.** Reading and writing pass one pipe; a verified piece takes a moment.
//  - **The tracker** is `registry::swarm_table`, asked over the node's latency.
//
// Payload is not there at all. Everything happens in the order of (time, sequence), with a grain in that of
// (time, node, sequence), and all chance comes from the seed: the same calls give the same run, which
// `digest` shows.
//
// Cost: O(1) an event in the size of the swarm.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <shoal/piece/geometry.hpp>
#include <shoal/sim/plan.hpp>

namespace shoal::sim {

/// When the first event can be.
inline constexpr instant beginning{std::chrono::seconds(1)};

class virtual_swarm {
 public:
  /// `watcher` may be null; it must outlive the swarm.
  explicit virtual_swarm(const swarm_plan& plan, observer* watcher = nullptr);
  ~virtual_swarm();
  virtual_swarm(const virtual_swarm&) = delete;
  virtual_swarm& operator=(const virtual_swarm&) = delete;

  site_index add_site(const site_plan& plan);
  /// The node is not there until `join`.
  node_index add(const node_plan& plan);

  // What happens now, between events. Nothing when the node is not there (or, for `join`, was there before).

  void join(node_index who);
  /// In good order: the tracker and the neighbours hear of it. Its core is gone afterwards.
  void leave(node_index who);
  /// Without a word: its connections break.
  void die(node_index who);

  void set_tracker(bool answers);
  /// A tracker that has forgotten everything.
  void forget_swarm();
  /// Of packets, 0 to 1.
  void set_loss(node_index who, double part);
  void set_disk_rate(node_index who, double bytes_per_s);
  void set_lies(node_index who, bool lies);
  /// Nothing passes between nodes of different sides; what was sent arrives when they are together again.
  void set_side(node_index who, std::uint8_t side);

  /// Calls `what` at `when`, or now when that is past.
  void at(instant when, std::function<void()> what);
  /// Until nothing is due before `end` or `stop` was called.
  void run_until(instant end);
  /// `run_until` returns after the event in hand.
  void stop();

  // To look at.

  const piece::geometry& geometry() const;
  instant now() const;
  std::uint64_t events() const;
  std::string digest() const;
  std::size_t size() const;
  bool present(node_index who) const;
  /// Only while present.
  const swarm::torrent_core& core(node_index who) const;
  /// Of the time when it left, if it did.
  swarm::core_totals totals(node_index who) const;
  double up_bytes_per_s(node_index who) const;
  /// Rules that were broken, the first hundred, in words; none is right.
  const std::vector<std::string>& breaches() const;
  /// Looks at every watched node and every byte; O(all). Adds to `breaches`.
  void check();
  /// Looks for watched nodes that starve beside one that has everything; O(nodes). Adds to `breaches`.
  void check_waits();

 private:
  struct world;
  std::unique_ptr<world> world_;
};

}  // namespace shoal::sim
