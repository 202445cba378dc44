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
  const double rate = std::min(nodes[e.node.index()].up.rate(), nodes[e.other_node.index()].down.rate());
  const double round_trip = to_seconds(2 * e.one_way + todo.grain());
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
  nodes[end.node.index()].uplink.push_back({e, end.serial, b});
}

/// What goes as one: what the uplink carries in a grain, for the receiver takes what came meanwhile in one
/// go.
std::uint32_t virtual_swarm::world::train_bytes_max(const node& n) const {
  if (!todo.coarse() || n.up.rate() == unlimited) {
    return todo.coarse() ? flight_bytes : 0;
  }
  return static_cast<std::uint32_t>(std::min(n.up.rate() * to_seconds(todo.grain()), 1e9));
}

/// Lets the next train go, unless one is on the uplink, which is free and was waited for since `from`.
void virtual_swarm::world::start_uplink(node_index i, instant from) {
  node& n = nodes[i.index()];
  if (n.sending) {
    return;
  }
  const auto waits = [&] { return n.uplink_head < n.uplink.size(); };
  while (waits() && !is_whole(ends[n.uplink[n.uplink_head].end.index()], n.uplink[n.uplink_head].serial)) {
    ++n.uplink_head;
  }
  if (!waits()) {
    n.uplink.clear();
    n.uplink_head = 0;
    return;
  }
  n.sending = true;
  n.train = trains.take();
  block_train& t = trains[n.train];
  t.end = n.uplink[n.uplink_head].end;
  t.serial = n.uplink[n.uplink_head].serial;
  t.bytes = 0;
  const auto most = train_bytes_max(n);
  for (; waits(); ++n.uplink_head) {
    const upload_job& job = n.uplink[n.uplink_head];
    if (job.end != t.end || job.serial != t.serial ||
        (!t.blocks.empty() && t.bytes + job.block.length > most)) {
      break;
    }
    t.blocks.push_back(job.block);
    t.bytes += job.block.length;
  }
  n.departs = n.up.send(from, t.bytes);
  // Rounded down, so that the next one is there in time.
  push(n.departs, {i, happening_kind::departed}, agenda::rounding::down);
}

void virtual_swarm::world::departed(node_index i) {
  node& n = nodes[i.index()];
  const std::uint32_t number = n.train;
  const instant out = n.departs;
  n.sending = false;
  constexpr std::size_t spent_max = 64;
  if (n.uplink_head >= spent_max && n.uplink_head * 2 > n.uplink.size()) {
    n.uplink.erase(n.uplink.begin(), n.uplink.begin() + static_cast<std::ptrdiff_t>(n.uplink_head));
    n.uplink_head = 0;
  }
  start_uplink(i, out);
  const block_train& t = trains[number];
  const auto& end = ends[t.end.index()];
  if (!is_whole(end, t.serial)) {
    give_back_train(number);
    return;
  }
  const std::uint32_t bytes = t.bytes;
  if (n.watched) {
    n.watched->sent += bytes;
  }
  send_off(number, out, false);
  hear(i, swarm::sent{end.key, bytes});
}

/// From the uplink on, which it left at `out`.
void virtual_swarm::world::send_off(std::uint32_t number, instant out, bool was_held) {
  const block_train& t = trains[number];
  auto& end = ends[t.end.index()];
  if (parted(end.node, end.other_node)) {
    held_trains.push_back(number);
    return;
  }
  node& from = nodes[end.node.index()];
  node& to = nodes[end.other_node.index()];
  const std::uint32_t bytes = t.bytes;
  instant last = out;
  instant first = was_held || from.up.rate() == unlimited ? out : out - from_seconds(bytes / from.up.rate());
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
  const duration one_way = end.one_way;
  if (const double loss = 1 - (1 - double{from.loss}) * (1 - double{to.loss}); loss > 0) {
    const double rate = rate_under_loss(2 * one_way, loss);
    end.paced_until = last = std::max(last, end.paced_until + from_seconds(bytes / rate));
  }
  push(last + one_way, {end.other_node, happening_kind::arrived, 0, number, end.serial});
}

/// Unless the connection is gone.
void virtual_swarm::world::arrived(std::uint32_t number) {
  const block_train& t = trains[number];
  auto& sender = ends[t.end.index()];
  const end_index e = far_end(t.end);
  const auto& end = ends[e.index()];
  if (sender.serial != t.serial || !end.open) {
    give_back_train(number);
    return;
  }
  const node_index from = sender.node;
  const node_index to = end.node;
  sender.in_flight -= t.bytes;
  if (sender.open && !sender.waiting.empty()) {
    auto next = sender.waiting.begin();
    while (next != sender.waiting.end() &&
           (sender.in_flight == 0 || sender.in_flight + next->length <= flight_max(sender))) {
      put_on_uplink(t.end, *next++);
    }
    sender.waiting.erase(sender.waiting.begin(), next);
    start_uplink(from, now);
  }
  if (!end.joined) {
    give_back_train(number);
    return;
  }
  if (nodes[to.index()].watched) {
    nodes[to.index()].watched->received += t.bytes;
    nodes[to.index()].watched->fed = now;
  }
  if (watcher != nullptr) {
    watcher->on_block(from, to, t.bytes);
  }
  payloads.clear();
  for (const auto& b : t.blocks) {
    digest.add(std::uint64_t{b.piece.value()} << 32 | b.begin);
    payloads.emplace_back(wire::piece{b});
  }
  give_back_train(number);
  hear(to, swarm::received{end.key, payloads});
}

void virtual_swarm::world::give_back_train(std::uint32_t number) {
  trains[number].blocks.clear();
  trains.give_back(number);
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
  push(now, {i, happening_kind::unsent, 0, e.value(), end.serial, a.block.piece.value(), a.block.begin});
}

void virtual_swarm::world::unsent(end_index e, const block_ref& b) {
  const auto& end = ends[e.index()];
  hear(end.node, swarm::unsent{end.key, b});
}

}  // namespace shoal::sim
