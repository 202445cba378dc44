// Connections: dialling, joining, breaking.

#include <algorithm>
#include <utility>

#include "sim/world.hpp"

namespace shoal::sim {

namespace {

constexpr std::uint16_t listen_port = 6881;
/// 10.0.0.0/8: one after another.
constexpr std::uint32_t hosts_without_site = std::uint32_t{10} << 24;
/// 128.0.0.0/1: site by site.
constexpr std::uint32_t hosts_at_sites = std::uint32_t{1} << 31;
constexpr unsigned site_bits = 32 - site_prefix_bits;
/// When an attempt gets no answer at all.
constexpr duration dial_patience = std::chrono::seconds(10);

}  // namespace

endpoint virtual_swarm::world::address_of(node_index i) const {
  const node& n = nodes[i.index()];
  const std::uint32_t bits =
      n.site ? hosts_at_sites + (n.site->value() << site_bits) + n.host : hosts_without_site + i.value() + 1;
  return {ip_address::v4({static_cast<std::uint8_t>(bits >> 24), static_cast<std::uint8_t>(bits >> 16),
                          static_cast<std::uint8_t>(bits >> 8), static_cast<std::uint8_t>(bits)}),
          listen_port};
}

std::optional<node_index> virtual_swarm::world::node_at(const endpoint& e) const {
  byte_reader octets(e.address.bytes());
  const std::uint32_t bits = octets.u32();
  if (e.port != listen_port) {
    return std::nullopt;
  }
  if (bits >= hosts_at_sites) {
    const std::uint32_t s = (bits - hosts_at_sites) >> site_bits;
    const std::uint32_t host = bits & ((1U << site_bits) - 1);
    return s < sites.size() && host < sites[s].hosts.size() ? std::optional(sites[s].hosts[host])
                                                            : std::nullopt;
  }
  const std::uint32_t n = bits - hosts_without_site - 1;
  return n < nodes.size() && !nodes[n].site ? std::optional(node_index(n)) : std::nullopt;
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

const link* virtual_swarm::world::find_link(node_index i, peer_key key) const {
  const auto& links = nodes[i.index()].links;
  const auto at = std::ranges::lower_bound(links, key, {}, &link::key);
  return at != links.end() && at->key == key ? &*at : nullptr;
}

end_index virtual_swarm::world::find_end(node_index i, peer_key key) const {
  const link* const l = find_link(i, key);
  return l != nullptr ? l->end : no_end;
}

void virtual_swarm::world::act(node_index i, swarm::connect& a) {
  const auto to = node_at(a.remote);
  if (!to) {
    return;  // nobody gives such addresses
  }
  if (parted(i, *to)) {
    push(now + dial_patience, {i, happening_kind::dial_failed, 0, to->value()});
  } else {  // a round trip for the connection, another for the handshakes
    push(now + 3 * latency(i, *to), {*to, happening_kind::dialled, 0, i.value()});
  }
}

void virtual_swarm::world::dialled(node_index from, node_index to) {
  if (from == to || !nodes[to.index()].core) {
    push(now + latency(from, to), {from, happening_kind::dial_failed, 0, to.value()});
    return;
  }
  if (!nodes[from.index()].core) {
    return;
  }
  const end_index ours = fresh_pair();
  const end_index theirs = far_end(ours);
  const duration one_way = latency(from, to);
  const auto begin = [&](end_index e, node_index n, node_index other_node) {
    auto& end = ends[e.index()];
    end.node = n;
    end.other_node = other_node;
    end.one_way = one_way;
    end.open = true;
    end.joined = false;
    end.in_flight = 0;
    end.paced_until = {};
    end.waiting.clear();
  };
  begin(ours, from, to);
  begin(theirs, to, from);
  push(now + one_way, {from, happening_kind::joined, 0, ours.value(), ends[ours.index()].serial});
  endpoint remote = address_of(from);
  remote.port = static_cast<std::uint16_t>(40000 + ours.value() % 20000);
  hear(to, swarm::peer_joined{join_end(theirs).key, remote, id_of(from), false, true, true, false,
                              share_site(from, to)});
}

end_index virtual_swarm::world::fresh_pair() {
  if (free_pairs.empty()) {
    ends.resize(ends.size() + 2);
    return end_index(static_cast<std::uint32_t>(ends.size() - 2));
  }
  const auto e = free_pairs.back();
  free_pairs.pop_back();
  return e;
}

connection_end& virtual_swarm::world::join_end(end_index e) {
  auto& end = ends[e.index()];
  node& n = nodes[end.node.index()];
  end.joined = true;
  end.key = peer_key(++n.last_key);
  n.links.push_back({end.key, e, end.serial, end.other_node, end.one_way});
  return end;
}

void virtual_swarm::world::dial_failed(node_index from, node_index to) {
  hear(from, swarm::connect_failed{address_of(to), from == to});
}

void virtual_swarm::world::joined(end_index e) {
  const auto& end = ends[e.index()];
  if (end.joined) {
    return;
  }
  if (!nodes[end.node.index()].core) {
    close(e);
    return;
  }
  join_end(e);
  hear(end.node, swarm::peer_joined{end.key, address_of(end.other_node), id_of(end.other_node), true, true,
                                    true, false, share_site(end.node, end.other_node)});
}

/// Both hear of it: this side at once, the other when the news arrives.
void virtual_swarm::world::close(end_index e) {
  const auto& end = ends[e.index()];
  push(now, {end.node, happening_kind::left, 0, e.value(), end.serial});
  push(now + end.one_way, {end.other_node, happening_kind::left, 0, far_end(e).value(), end.serial});
}

void virtual_swarm::world::left(end_index e) {
  auto& end = ends[e.index()];
  const node_index who = end.node;
  const peer_key key = end.key;
  const bool tell = end.joined;
  end.open = false;
  end.waiting = {};
  node& n = nodes[who.index()];
  std::erase_if(n.links, [&](const link& l) { return l.end == e; });
  if (n.watched) {
    n.watched->unchoked.erase(key);
  }
  if (auto& other = ends[far_end(e).index()]; !other.open) {
    other.serial = ++end.serial;
    free_pairs.push_back(std::min(e, far_end(e)));
  }
  if (tell) {
    hear(who, swarm::peer_left{key});
  }
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
  if (const link* const l = find_link(i, a.key)) {
    const bool unchokes = std::holds_alternative<wire::unchoke>(a.message);
    if (watcher != nullptr && (unchokes || std::holds_alternative<wire::choke>(a.message))) {
      watcher->on_slot(i, l->to, unchokes);
    }
    post(i, *l, std::move(a.message));
  }
}

/// Lets go of what was held between sides that are together now.
void virtual_swarm::world::reunite() {
  for (auto& letter : std::exchange(held_letters, {})) {
    const auto& end = ends[letter.from.index()];
    if (end.serial == letter.serial && end.open) {
      post(end.node, *find_link(end.node, end.key), std::move(letter.message));
    }
  }
  for (const auto number : std::exchange(held_trains, {})) {
    if (is_whole(ends[trains[number].end.index()], trains[number].serial)) {
      send_off(number, now, true);
    } else {
      give_back_train(number);
    }
  }
}

}  // namespace shoal::sim
