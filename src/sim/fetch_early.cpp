// A swarm that does not fit into the caches spends its time on waiting for memory. Who is visited next is
// known, so what the visit will look at is fetched while others are visited.

#include <shoal/base/fetch_early.hpp>

#include "sim/world.hpp"

namespace shoal::sim {

/// What lies behind one pointer more with each visit.
void virtual_swarm::world::fetch_early(std::span<const happening> now_to_do) const {
  constexpr std::size_t ahead = 96;  // some more than four nodes of a busy swarm have to do at a time
  for (const auto& h : now_to_do) {
    if (h.what == happening_kind::letter) {
      __builtin_prefetch(&ends[h.a]);  // the last of them have joined since it was looked ahead to them
    }
  }
  if (visiting != nobody) {
    fetch_early(nodes[visiting.index()], 0);
  }
  node_index who = visiting;
  int visits = 0;  // from now on, until its turn
  for (const auto& h : todo.ahead(ahead)) {
    if (h.who == nobody) {
      continue;
    }
    const node& n = nodes[h.who.index()];
    if (h.who != who) {
      who = h.who;
      if (++visits > 4) {
        return;
      }
      fetch_early(n, visits);
    }
    if (visits == 2 && h.what == happening_kind::letter) {
      __builtin_prefetch(&ends[h.a]);
    } else if (h.what == happening_kind::arrived) {
      const block_train& t = trains[h.a];
      if (visits == 3) {
        shoal::fetch_early(&t, sizeof(t));
      } else if (visits == 2) {
        shoal::fetch_early(&ends[t.end.value() & ~1U], 2 * sizeof(connection_end));
        shoal::fetch_early(t.blocks.data(), 1);
      } else if (visits == 1) {
        shoal::fetch_early(&nodes[ends[t.end.index()].node.index()], sizeof(node));
      }
    }
  }
}

/// It has its turn after so many visits more.
void virtual_swarm::world::fetch_early(const node& n, int visits) const {
  if (visits == 4) {
    shoal::fetch_early(&n, sizeof(n));
    return;
  }
  if (!n.core) {
    return;
  }
  if (visits == 3) {
    n.core->fetch_early();
    shoal::fetch_early(n.links.data(), n.links.size() * sizeof(link));
    if (n.uplink_head < n.uplink.size()) {
      shoal::fetch_early(&n.uplink[n.uplink_head], sizeof(upload_job));
    }
    if (n.sending) {
      shoal::fetch_early(&trains[n.train], sizeof(block_train));
    }
  } else if (visits == 2) {
    n.core->fetch_lists_early();
    if (n.sending) {
      shoal::fetch_early(&ends[trains[n.train].end.index()], sizeof(connection_end));
    }
  } else if (visits == 1) {
    n.core->fetch_peers_early();
  } else {
    n.core->fetch_queues_early();
  }
}

}  // namespace shoal::sim
