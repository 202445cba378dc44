// A node's disk, and the tracker.

#include <algorithm>
#include <utility>

#include "sim/world.hpp"

namespace shoal::sim {

namespace {

/// From the last block to the verdict: a thread wakes, hashes, and answers.
constexpr duration verify_time = std::chrono::microseconds(500);
constexpr duration tracker_patience = std::chrono::seconds(20);

}  // namespace

void virtual_swarm::world::act(node_index i, swarm::store& a) {
  node& n = nodes[i.index()];
  if (n.watched) {
    watch_store(i, a);
  }
  const auto e = find_end(i, a.from);
  if (e == no_end) {
    return;
  }
  const node_index sender = ends[e.index()].other_node;
  if (nodes[sender.index()].lies) {
    n.false_blocks.push_back({a.block.piece, sender});
  }
}

void virtual_swarm::world::act(node_index i, swarm::verify& a) {
  node& n = nodes[i.index()];
  bool good = true;
  for (auto& b : n.false_blocks) {
    if (b.piece == a.piece && b.in_hand) {
      b.in_hand = false;
      good = false;
    }
  }
  const instant when = n.disk.send(now, geometry.piece_bytes(a.piece)) + verify_time;
  push(when, {i, happening_kind::verified, 0, a.piece.value(), good ? 1U : 0U});
}

void virtual_swarm::world::verified(node_index i, piece_index piece, bool good) {
  node& n = nodes[i.index()];
  if (!n.core) {
    return;
  }
  if (n.watched) {
    auto& stored = n.watched->stored;  // blocks in order, those of a piece together
    stored.erase(stored.lower_bound({piece, 0, 0}),
                 stored.lower_bound({piece_index(piece.value() + 1), 0, 0}));
    if (good) {
      n.watched->verified.set(piece);
    }
  }
  if (good && watcher != nullptr) {
    watcher->on_piece(i, piece);
  }
  hear(i, swarm::piece_verified{piece, good});
  if (!good) {
    return;
  }
  std::vector<node_index> liars;  // the digests of the failed copy's blocks tell, now that a good one is here
  std::erase_if(n.false_blocks, [&](const false_block& b) {
    if (b.piece == piece) {
      liars.push_back(b.liar);
    }
    return b.piece == piece;
  });
  for (const auto liar : liars) {
    hear(i, swarm::liar_found{address_of(liar).address});
  }
}

void virtual_swarm::world::act(node_index i, swarm::load& a) {
  node& n = nodes[i.index()];
  if (n.disk.rate() == unlimited) {
    ready_loads.push_back({a.key, a.block, true});
  } else {
    push(n.disk.send(now, a.block.length),
         {i, happening_kind::loaded, 0, a.key.value(), a.block.piece.value(), a.block.begin});
  }
}

void virtual_swarm::world::loaded(node_index i, peer_key key, const block_ref& b) {
  const swarm::block_loaded done{key, b, true};
  hear(i, swarm::blocks_loaded{std::span(&done, 1)});
}

void virtual_swarm::world::act(node_index i, swarm::announce_to& a) {
  const auto number = asks.take();
  ask& it = asks[number];
  it.from = i;
  it.ticket = a.ticket;
  it.reached = tracker_answers;
  it.request = {};
  it.request.info_hash = info_hash;
  it.request.peer_id = id_of(i);
  it.request.port = address_of(i).port;
  it.request.uploaded = a.uploaded;
  it.request.downloaded = a.downloaded;
  it.request.left = a.left;
  it.request.event = a.event;
  it.request.num_want = a.num_want;
  if (tracker_answers) {
    push(now + nodes[i.index()].latency, {nobody, happening_kind::asked, 0, number});
  } else {
    push(now + tracker_patience, {i, happening_kind::announced, 0, number});
  }
}

void virtual_swarm::world::asked(std::uint32_t number) {
  ask& it = asks[number];
  tracker.expire(now);
  it.response = tracker.announce(now, it.request, address_of(it.from));
  push(now + nodes[it.from.index()].latency, {it.from, happening_kind::announced, 0, number});
}

void virtual_swarm::world::announced(std::uint32_t number) {
  ask it = std::move(asks[number]);
  asks.give_back(number);
  hear(it.from, swarm::announced{it.ticket, it.reached, std::move(it.response)});
}

}  // namespace shoal::sim
