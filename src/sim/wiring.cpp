// Connections: dialling, joining, breaking; and the messages without payload on them.

#include <algorithm>
#include <utility>

#include <shoal/wire/codec.hpp>

#include "sim/world.hpp"

namespace shoal::sim {

namespace {

constexpr std::uint16_t listen_port = 6881;
/// Messages for which an empty mail bag keeps memory.
constexpr std::size_t messages_kept = 128;
/// When an attempt gets no answer at all.
constexpr duration dial_patience = std::chrono::seconds(10);

/// What the other side reads of `m`; nothing when it cannot be read.
std::optional<wire::message> over_the_wire(const wire::message& m, const piece::geometry& g) {
  std::vector<std::byte> bytes;
  wire::encode(m, bytes);
  if (const auto* payload = std::get_if<wire::piece>(&m)) {
    bytes.resize(bytes.size() + payload->block.length);
  }
  wire::limits limits;
  limits.block_bytes_max = g.block_length();
  wire::frame frame;
  const auto taken = wire::decode(bytes, limits, frame);
  return taken && *taken == bytes.size() ? std::optional(std::move(frame.msg)) : std::nullopt;
}

}  // namespace

/// 10.0.0.0/8, from 10.0.0.1 on.
endpoint virtual_swarm::world::address_of(node_index i) const {
  const std::uint32_t n = i.value() + 1;
  return {ip_address::v4({static_cast<std::uint8_t>(10 + (n >> 24)), static_cast<std::uint8_t>(n >> 16),
                          static_cast<std::uint8_t>(n >> 8), static_cast<std::uint8_t>(n)}),
          listen_port};
}

std::optional<node_index> virtual_swarm::world::node_at(const endpoint& e) const {
  byte_reader octets(e.address.bytes());
  const std::uint32_t n = octets.u32() - (std::uint32_t{10} << 24) - 1;
  return e.port == listen_port && n < nodes.size() ? std::optional(node_index(n)) : std::nullopt;
}

peer_id virtual_swarm::world::id_of(node_index i) const {
  peer_id out;
  std::uint64_t bits = (i.value() + 1) * 0x9e3779b97f4a7c15U;  // ids that do not ascend with the numbers
  for (auto& b : out.bytes) {
    b = static_cast<std::byte>(bits >> 56);
    bits = bits * 0xd1342543de82ef95U + i.value();
  }
  return out;
}

duration virtual_swarm::world::latency(node_index from, node_index to) const {
  const node& a = nodes[from.index()];
  const node& b = nodes[to.index()];
  duration out = a.latency + b.latency;
  if (a.site != b.site) {
    out += (a.site ? sites[a.site->index()].latency : duration{}) +
           (b.site ? sites[b.site->index()].latency : duration{});
  }
  return out;
}

end_index virtual_swarm::world::find_end(node_index i, peer_key key) const {
  const auto& links = nodes[i.index()].links;
  const auto at = std::lower_bound(links.begin(), links.end(), key,
                                   [](const auto& link, peer_key k) { return link.first < k; });
  return at != links.end() && at->first == key ? at->second : no_end;
}

void virtual_swarm::world::act(node_index i, swarm::connect& a) {
  const auto to = node_at(a.remote);
  if (!to) {
    return;  // nobody gives such addresses
  }
  if (parted(i, *to)) {
    push(now + dial_patience, {happening_kind::dial_failed, i.value(), to->value()});
  } else {  // a round trip for the connection, another for the handshakes
    push(now + 3 * latency(i, *to), {happening_kind::dialled, i.value(), to->value()});
  }
}

void virtual_swarm::world::dialled(node_index from, node_index to) {
  if (from == to || !nodes[to.index()].core) {
    push(now + latency(from, to), {happening_kind::dial_failed, from.value(), to.value()});
    return;
  }
  if (!nodes[from.index()].core) {
    return;
  }
  const auto fresh = [&] {
    if (free_ends.empty()) {
      ends.emplace_back();
      return end_index(static_cast<std::uint32_t>(ends.size() - 1));
    }
    const auto e = free_ends.back();
    free_ends.pop_back();
    return e;
  };
  const end_index theirs = fresh();
  const end_index ours = fresh();
  const duration one_way = latency(from, to);
  const auto begin = [&](end_index e, node_index n, end_index other, node_index other_node) {
    auto& end = ends[e.index()];
    end.node = n;
    end.other = other;
    end.other_node = other_node;
    end.other_serial = ends[other.index()].serial;
    end.one_way = one_way;
    end.open = true;
    end.joined = false;
    end.in_flight = 0;
    end.paced_until = {};
    end.waiting.clear();
  };
  begin(ours, from, theirs, to);
  begin(theirs, to, ours, from);
  push(now + one_way, {happening_kind::joined, ours.value(), ends[ours.index()].serial});
  node& n = nodes[to.index()];
  auto& end = ends[theirs.index()];
  end.joined = true;
  end.key = peer_key(++n.last_key);
  n.links.emplace_back(end.key, theirs);
  endpoint remote = address_of(from);
  remote.port = static_cast<std::uint16_t>(40000 + ours.value() % 20000);
  drive(to, swarm::peer_joined{end.key, remote, id_of(from), false, true, true, false});
}

void virtual_swarm::world::dial_failed(node_index from, node_index to) {
  drive(from, swarm::connect_failed{address_of(to), from == to});
}

void virtual_swarm::world::joined(end_index e) {
  auto& end = ends[e.index()];
  node& n = nodes[end.node.index()];
  if (end.joined) {
    return;
  }
  if (!n.core) {
    close(e);
    return;
  }
  end.joined = true;
  end.key = peer_key(++n.last_key);
  n.links.emplace_back(end.key, e);
  const node_index other = ends[end.other.index()].node;
  drive(end.node, swarm::peer_joined{end.key, address_of(other), id_of(other), true, true, true, false});
}

/// Both hear of it: this side at once, the other when the news arrives.
void virtual_swarm::world::close(end_index e) {
  const auto& end = ends[e.index()];
  push(now, {happening_kind::left, e.value(), end.serial});
  push(now + end.one_way, {happening_kind::left, end.other.value(), end.other_serial});
}

void virtual_swarm::world::left(end_index e) {
  auto& end = ends[e.index()];
  const node_index who = end.node;
  const peer_key key = end.key;
  const bool tell = end.joined;
  end.open = false;
  end.waiting = {};
  node& n = nodes[who.index()];
  std::erase_if(n.links, [&](const auto& link) { return link.second == e; });
  if (n.watched) {
    n.watched->unchoked.erase(key);
  }
  if (!ends[end.other.index()].open) {
    release(end.other);
    release(e);
  }
  if (tell) {
    drive(who, swarm::peer_left{key});
  }
}

void virtual_swarm::world::release(end_index e) {
  ++ends[e.index()].serial;
  free_ends.push_back(e);
}

void virtual_swarm::world::act(node_index i, swarm::drop& a) {
  if (const auto e = find_end(i, a.key); e != no_end) {
    close(e);
  }
}

void virtual_swarm::world::act(node_index i, swarm::send& a) {
  if (nodes[i.index()].watched) {
    watch_send(i, a);
  }
  if (const auto e = find_end(i, a.key); e != no_end) {
    post(e, std::move(a.message));
  }
}

void virtual_swarm::world::post(end_index from, wire::message&& m) {
  const auto& end = ends[from.index()];
  if (parted(end.node, end.other_node)) {
    held_letters.push_back({from, end.serial, std::move(m)});
    return;
  }
  instant when = now + end.one_way;
  if (plan.grain > duration::zero()) {
    const auto grains = (when.time_since_epoch() + plan.grain - duration(1)) / plan.grain;
    when = instant(grains * plan.grain);
  }
  auto& under_way = nodes[end.other_node.index()].bags;
  const auto found = std::find_if(under_way.rbegin(), under_way.rend(),
                                  [&](const mail_notice& n) { return n.when == when; });
  std::uint32_t number = 0;
  if (found != under_way.rend()) {
    number = found->bag;
  } else {
    number = bags.take();
    bags[number].node = end.other_node;
    under_way.push_back({when, number});
    push(when, {happening_kind::mail, number, end.other_node.value()});
  }
  mail_bag& bag = bags[number];
  if (!bag.runs.empty() && bag.runs.back().end == end.other && bag.runs.back().serial == end.other_serial) {
    ++bag.runs.back().count;
  } else {
    bag.runs.push_back({end.other, end.other_serial, 1});
  }
  bag.messages.push_back(std::move(m));
}

void virtual_swarm::world::deliver(std::uint32_t number) {
  mail_bag bag = std::move(bags[number]);
  std::erase_if(nodes[bag.node.index()].bags, [&](const mail_notice& n) { return n.bag == number; });
  std::size_t first = 0;
  for (const auto& run : bag.runs) {
    const std::span messages(&bag.messages[first], run.count);
    first += run.count;
    if (ends[run.end.index()].serial == run.serial && ends[run.end.index()].open) {
      joined(run.end);  // the bag may have been on its way, with others' messages, before this connection was
    }
    const auto& end = ends[run.end.index()];
    if (end.serial != run.serial || !end.open || !end.joined) {
      continue;
    }
    for (auto& m : messages) {
      digest.add(m.index());
      if (plan.wire) {
        auto read = over_the_wire(m, geometry);
        if (read) {
          m = std::move(*read);
        } else {
          breach(end.node, "a message that cannot be read: " + std::string(wire::name_of(m)));
        }
      }
    }
    drive(end.node, swarm::received{end.key, messages});
  }
  bag.runs.clear();
  if (bag.messages.capacity() > messages_kept) {
    bag.messages = {};  // a rush; else all bags would be as large as the largest ever was
  }
  bag.messages.clear();
  bags[number] = std::move(bag);
  bags.give_back(number);
}

/// Lets go of what was held between sides that are together now.
void virtual_swarm::world::reunite() {
  for (auto& letter : std::exchange(held_letters, {})) {
    const auto& end = ends[letter.from.index()];
    if (end.serial == letter.serial && end.open) {
      post(letter.from, std::move(letter.message));
    }
  }
  for (const auto number : std::exchange(held_trains, {})) {
    if (is_whole(ends[trains[number].end.index()], trains[number].serial)) {
      send_off(number, true);
    } else {
      give_back_train(number);
    }
  }
}

}  // namespace shoal::sim
