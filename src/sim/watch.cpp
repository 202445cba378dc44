// The checkers: what must hold in every swarm, whatever is tried with it.

#include <string>
#include <utility>
#include <variant>

#include "sim/world.hpp"

namespace shoal::sim {

namespace {

constexpr std::size_t breaches_max = 100;

/// Who wants something of a peer that has everything waits no longer than until all others that are connected
/// to it have had a slot for the usual time, one after another; and for its own to be filled.
constexpr duration turn_max = std::chrono::seconds(30);
constexpr duration first_block_max = std::chrono::seconds(60);

std::string words(const block_ref& b) {
  return "piece " + std::to_string(b.piece.value()) + " at " + std::to_string(b.begin);
}

}  // namespace

void virtual_swarm::world::breach(node_index i, std::string what) {
  if (breaches.size() < breaches_max) {
    breaches.push_back("peer " + std::to_string(i.value()) + " at " +
                       std::to_string(to_seconds(now - beginning)) + " s: " + std::move(what));
  }
}

void virtual_swarm::world::watch_send(node_index i, const swarm::send& a) {
  node& n = nodes[i.index()];
  if (const auto* request = std::get_if<wire::request>(&a.message)) {
    const auto* const begun = n.core->pieces().progress().find(request->block.piece);
    const std::uint32_t number = geometry.block_number(request->block);
    if (begun != nullptr && begun->asker_count(number) > 1 && !n.core->pieces().in_endgame()) {
      breach(i, "asks twice outside endgame for " + words(request->block));
    }
  } else if (const auto* have = std::get_if<wire::have>(&a.message)) {
    if (!n.watched->verified.test(have->piece)) {
      breach(i, "announces piece " + std::to_string(have->piece.value()) + " before it is verified");
    }
  } else if (std::holds_alternative<wire::unchoke>(a.message)) {
    n.watched->unchoked.insert(a.key);
  } else if (std::holds_alternative<wire::choke>(a.message)) {
    n.watched->unchoked.erase(a.key);
  }
}

void virtual_swarm::world::watch_slots(node_index i) {
  const node& n = nodes[i.index()];
  if (n.upload_slots != 0 && n.watched->unchoked.size() > n.upload_slots) {
    breach(i, "unchokes " + std::to_string(n.watched->unchoked.size()) + " peers, more than its slots");
  }
}

void virtual_swarm::world::watch_store(node_index i, const swarm::store& a) {
  if (!nodes[i.index()].watched->stored.insert(a.block).second) {
    breach(i, "stores twice " + words(a.block));
  }
}

void virtual_swarm::world::watch_upload(node_index i, const swarm::upload& a) {
  if (!nodes[i.index()].watched->verified.test(a.block.piece)) {
    breach(i, "gives what is not verified: " + words(a.block));
  }
}

/// Somebody with everything to whom it has been connected for long enough.
std::optional<node_index> virtual_swarm::world::passed_over_by(node_index i) const {
  const node& n = nodes[i.index()];
  for (const auto& l : n.links) {
    const auto& end = ends[l.end.index()];
    const auto& other = ends[far_end(l.end).index()];
    const node& giver = nodes[end.other_node.index()];
    const bool can_give = end.joined && other.open && other.joined && giver.core && giver.gives &&
                          giver.core->complete() && !parted(i, end.other_node);
    if (can_give && now - n.watched->fed > first_block_max + turn_max * giver.links.size()) {
      return end.other_node;
    }
  }
  return std::nullopt;
}

void virtual_swarm::world::watch_waits() {
  for (std::uint32_t at = 0; at < nodes.size(); ++at) {
    const node& n = nodes[at];
    if (!n.watched || !n.core || n.core->complete() || now - n.watched->fed < first_block_max) {
      continue;
    }
    if (const auto by = passed_over_by(node_index(at))) {
      breach(node_index(at), "got nothing for " + std::to_string(to_seconds(now - n.watched->fed)) +
                                 " s from peer " + std::to_string(by->value()) + ", which has everything");
      n.watched->fed = now;
    }
  }
}

void virtual_swarm::world::check() {
  watch_waits();
  for (std::uint32_t at = 0; at < nodes.size(); ++at) {
    const node_index i(at);
    const node& n = nodes[at];
    if (!n.watched || !n.core) {
      continue;
    }
    n.core->check();
    if (n.core->totals().downloaded != n.watched->received) {
      breach(i, "received " + std::to_string(n.watched->received) + " bytes and counts " +
                    std::to_string(n.core->totals().downloaded));
    }
    if (n.core->totals().uploaded != n.watched->sent) {
      breach(i, "sent " + std::to_string(n.watched->sent) + " bytes and counts " +
                    std::to_string(n.core->totals().uploaded));
    }
    const auto useful = n.core->totals().downloaded - n.core->totals().wasted;
    if (n.core->pieces().have() != n.watched->verified) {
      breach(i, "has other pieces than were verified");
    }
    if (useful > geometry.total_bytes()) {
      breach(i, "counts more useful bytes than there are");
    }
  }
}

}  // namespace shoal::sim
