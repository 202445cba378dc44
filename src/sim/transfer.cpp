// Blocks on their way: the uplink, one after another; then the sites' links and the downlink.

#include <algorithm>
#include <cmath>

#include "sim/world.hpp"

namespace shoal::sim {

namespace {

/// What a connection's buffers hold besides what the round trip does.
constexpr std::uint32_t flight_bytes = 256U << 10;
constexpr double segment_bytes = 1448;

/// Mathis, Semke, Mahdavi, Ott 1997: what TCP makes of a round trip and a part of lost packets.
double rate_under_loss(duration round_trip, double loss) {
  const double seconds = std::max(to_seconds(round_trip), 1e-3);
  return 1.22 * segment_bytes / (seconds * std::sqrt(loss));
}

}  // namespace

block_ref virtual_swarm::world::block_at(std::uint32_t piece, std::uint32_t begin) const {
  const piece_index p(piece);
  return {p, begin, std::min(geometry.block_length(), geometry.piece_bytes(p) - begin)};
}

std::uint32_t virtual_swarm::world::flight_max(const connection_end& e) const {
  const node_index to = ends[e.other.index()].node;
  const double rate = std::min(nodes[e.node.index()].up.rate(), nodes[to.index()].down.rate());
  const double round_trip = 2 * to_seconds(latency(e.node, to));
  const double held = rate == unlimited ? 64.0 * (1U << 20) : std::min(rate * round_trip, 1e9);
  return std::max(flight_bytes, 2 * plan.block_length) + static_cast<std::uint32_t>(held);
}

void virtual_swarm::world::act(node_index i, swarm::upload& a) {
  if (nodes[i.index()].watched) {
    watch_upload(i, a);
  }
  if (const auto e = find_end(i, a.key); e != no_end) {
    begin_upload(e, a.block);
  }
}

void virtual_swarm::world::begin_upload(end_index e, const block_ref& b) {
  auto& end = ends[e.index()];
  if (!end.waiting.empty() || (end.in_flight > 0 && end.in_flight + b.length > flight_max(end))) {
    end.waiting.push_back(b);
  } else {
    put_on_uplink(e, b);
  }
}

void virtual_swarm::world::put_on_uplink(end_index e, const block_ref& b) {
  auto& end = ends[e.index()];
  end.in_flight += b.length;
  node& n = nodes[end.node.index()];
  n.uplink.push_back({e, end.serial, b});
  if (!n.sending) {
    start_next(n, end.node);
  }
}

void virtual_swarm::world::start_next(node& n, node_index i) {
  while (n.uplink_head < n.uplink.size()) {
    const upload_job job = n.uplink[n.uplink_head++];
    if (ends[job.end.index()].serial != job.serial || !ends[job.end.index()].open) {
      continue;
    }
    n.sending = true;
    n.current = job;
    push(n.up.send(now, job.block.length), {happening_kind::departed, i.value(), job.end.value()});
    return;
  }
  n.uplink.clear();
  n.uplink_head = 0;
}

void virtual_swarm::world::departed(node_index i) {
  node& n = nodes[i.index()];
  const upload_job job = n.current;
  n.sending = false;
  constexpr std::size_t spent_max = 64;
  if (n.uplink_head >= spent_max && n.uplink_head * 2 > n.uplink.size()) {
    n.uplink.erase(n.uplink.begin(), n.uplink.begin() + static_cast<std::ptrdiff_t>(n.uplink_head));
    n.uplink_head = 0;
  }
  start_next(n, i);
  const auto& end = ends[job.end.index()];
  if (end.serial != job.serial || !end.open) {
    return;
  }
  if (n.watched) {
    n.watched->sent += job.block.length;
  }
  send_off(job, false);
  drive(i, swarm::sent{end.key, job.block.length});
}

/// From the uplink on.
void virtual_swarm::world::send_off(const upload_job& job, bool was_held) {
  auto& end = ends[job.end.index()];
  const auto& other = ends[end.other.index()];
  if (parted(end.node, other.node)) {
    held_blocks.push_back(job);
    return;
  }
  node& from = nodes[end.node.index()];
  node& to = nodes[other.node.index()];
  const std::uint32_t bytes = job.block.length;
  instant last = now;
  instant first = was_held || from.up.rate() == unlimited ? now : now - from_seconds(bytes / from.up.rate());
  const auto through = [&](pipe& p) {
    last = p.pass(first, last, bytes);
    if (p.rate() != unlimited) {
      first = std::max(first, last - from_seconds(bytes / p.rate()));
    }
  };
  if (from.site != to.site) {
    if (from.site) {
      through(sites[from.site->index()].up);
    }
    if (to.site) {
      through(sites[to.site->index()].down);
    }
  }
  through(to.down);
  const duration one_way = latency(end.node, other.node);
  if (const double loss = 1 - (1 - double{from.loss}) * (1 - double{to.loss}); loss > 0) {
    const double rate = rate_under_loss(2 * one_way, loss);
    end.paced_until = last = std::max(last, end.paced_until + from_seconds(bytes / rate));
  }
  push(last + one_way,
       {happening_kind::arrived, end.other.value(), other.serial, job.block.piece.value(), job.block.begin});
}

void virtual_swarm::world::arrived(end_index e, const block_ref& b) {
  auto& end = ends[e.index()];
  auto& sender = ends[end.other.index()];
  const node_index from = sender.node;
  const node_index to = end.node;
  sender.in_flight -= b.length;
  while (sender.open && !sender.waiting.empty() &&
         (sender.in_flight == 0 || sender.in_flight + sender.waiting.front().length <= flight_max(sender))) {
    const block_ref next = sender.waiting.front();
    sender.waiting.erase(sender.waiting.begin());
    put_on_uplink(end.other, next);
  }
  if (!end.joined) {
    return;
  }
  if (nodes[to.index()].watched) {
    nodes[to.index()].watched->received += b.length;
  }
  if (watcher != nullptr) {
    watcher->on_block(from, to, b.length);
  }
  const wire::message m = wire::piece{b};
  drive(to, swarm::received{end.key, std::span(&m, 1)});
}

void virtual_swarm::world::act(node_index i, swarm::unsend& a) {
  const auto e = find_end(i, a.key);
  if (e == no_end) {
    return;
  }
  auto& end = ends[e.index()];
  node& n = nodes[i.index()];
  const auto job = std::find_if(n.uplink.begin() + static_cast<std::ptrdiff_t>(n.uplink_head), n.uplink.end(),
                                [&](const upload_job& j) { return j.end == e && j.block == a.block; });
  if (std::erase(end.waiting, a.block) == 0) {
    if (job == n.uplink.end()) {
      return;  // it goes out
    }
    n.uplink.erase(job);
    end.in_flight -= a.block.length;
  }
  push(now, {happening_kind::unsent, e.value(), end.serial, a.block.piece.value(), a.block.begin});
}

void virtual_swarm::world::unsent(end_index e, const block_ref& b) {
  const auto& end = ends[e.index()];
  drive(end.node, swarm::unsent{end.key, b});
}

}  // namespace shoal::sim
