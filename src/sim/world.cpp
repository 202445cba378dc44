#include "sim/world.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace shoal::sim {

void observer::on_block(node_index, node_index, std::uint32_t) {}
void observer::on_piece(node_index, piece_index) {}
void observer::on_complete(node_index) {}
void observer::on_report(node_index, const swarm::report&) {}
void observer::on_slot(node_index, node_index, bool) {}

virtual_swarm::world::world(const swarm_plan& p, observer* w)
    : plan(p),
      geometry(p.content_bytes, p.piece_length, p.block_length),
      watcher(w),
      todo(p.grain, p.quiet_grain > duration::zero() ? p.quiet_grain : p.grain),
      chance(p.seed),
      tracker(p.tracker, chance.next()) {
  for (std::size_t i = 0; i < info_hash.bytes.size(); ++i) {
    info_hash.bytes[i] = static_cast<std::byte>(chance.below(256));
  }
}

void virtual_swarm::world::run_until(instant end) {
  stopped = false;
  while (!stopped) {
    const auto what = todo.next(end, now);
    if (what.empty()) {
      now = std::max(now, end);
      return;
    }
    visit(what.front().who, what);
  }
}

/// All that happens at one node at this instant, what comes of it at once too.
void virtual_swarm::world::visit(node_index i, std::span<const happening> what) {
  visiting = i;
  if (todo.coarse()) {
    fetch_early(what);
  }
  const auto go_through = [&](std::span<const happening> all) {
    for (const auto& h : all) {
      ++events;
      digest.add(static_cast<std::uint64_t>(now.time_since_epoch().count()) ^ std::uint64_t{h.who.value()}
                                                                                  << 32);
      digest.add(std::uint64_t{h.a} << 32 | std::uint64_t{h.message} << 8 |
                 static_cast<std::uint64_t>(h.what));
      digest.add((std::uint64_t{h.c} << 32 | h.d) + h.b);
      if (h.what != happening_kind::letter) {
        deliver_read();
      }
      happen(h);
    }
    deliver_read();
    if (std::exchange(heard, false) && nodes[i.index()].core) {
      settle(i);
      set_wake(i);
    }
  };
  go_through(what);
  while (!at_once.empty()) {
    const auto more = std::exchange(at_once, {});
    go_through(more);
  }
  visiting = nobody;
}

/// What happens at the node that is visited, at the same instant when that is rounded, is part of the visit.
void virtual_swarm::world::push(instant when, const happening& h, agenda::rounding how) {
  const bool elsewhere = visiting != nobody && h.who != nobody && h.who != visiting;
  when = todo.round(now, when, how, elsewhere && !todo.is_ahead(h));
  if (todo.coarse() && when == now && visiting != nobody && h.who == visiting) {
    at_once.push_back(h);
  } else {
    todo.push(when, h);
  }
}

void virtual_swarm::world::happen(const happening& h) {
  const auto is_live = [&] { return ends[h.a].serial == h.b && ends[h.a].open; };
  const end_index end(h.a);
  switch (h.what) {
    case happening_kind::call: {
      const auto call = std::move(calls[h.a]);
      calls.give_back(h.a);
      call();
      break;
    }
    case happening_kind::wake:
      woken(h.who);
      break;
    case happening_kind::letter:
      read(h);
      break;
    case happening_kind::departed:
      departed(h.who);
      break;
    case happening_kind::arrived:
      arrived(h.a);
      break;
    case happening_kind::unsent:
      if (is_live()) {
        unsent(end, block_at(h.c, h.d));
      }
      break;
    case happening_kind::verified:
      verified(h.who, piece_index(h.a), h.b != 0);
      break;
    case happening_kind::loaded:
      loaded(h.who, peer_key(h.a), block_at(h.b, h.c));
      break;
    case happening_kind::dialled:
      dialled(node_index(h.a), h.who);
      break;
    case happening_kind::dial_failed:
      dial_failed(h.who, node_index(h.a));
      break;
    case happening_kind::joined:
      if (is_live()) {
        joined(end);
      }
      break;
    case happening_kind::left:
      if (is_live()) {
        left(end);
      }
      break;
    case happening_kind::asked:
      asked(h.a);
      break;
    case happening_kind::announced:
      announced(h.a);
      break;
  }
}

/// To be followed by `settle`.
void virtual_swarm::world::hear(node_index i, const swarm::event& e) {
  node& n = nodes[i.index()];
  if (n.core) {
    n.core->hear(now, e);
    carry_out(i);
    heard = true;
  }
}

/// Does what the core asks for. No action drives a core itself: what follows from it is an event of its own,
/// but loads from a disk that takes no time, which `settle` answers.
void virtual_swarm::world::carry_out(node_index i) {
  const auto one = [&](auto& what) { act(i, what); };
  while (outbox.take_with([&](swarm::action& a) { std::visit(one, a); })) {
  }
}

void virtual_swarm::world::settle(node_index i) {
  node& n = nodes[i.index()];
  n.core->settle(now);
  carry_out(i);
  while (!ready_loads.empty()) {
    std::swap(ready_loads, loads);
    n.core->on(now, swarm::blocks_loaded{loads});
    loads.clear();
    carry_out(i);
  }
  start_uplink(i, now);
  if (n.watched) {
    watch_slots(i);
  }
}

void virtual_swarm::world::set_wake(node_index i) {
  node& n = nodes[i.index()];
  const auto due = n.core->deadline();
  if (due && *due < n.wake) {
    n.wake = todo.round(now, std::max(*due, now), agenda::rounding::up, true);
    todo.push(n.wake, {i, happening_kind::wake});
  }
}

void virtual_swarm::world::woken(node_index i) {
  node& n = nodes[i.index()];
  if (n.wake != now || !n.core) {
    return;  // an earlier one was set meanwhile
  }
  n.wake = instant::max();
  if (const auto due = n.core->deadline(); due && *due <= now) {
    hear(i, swarm::tick{});
  } else {
    set_wake(i);
  }
}

void virtual_swarm::world::join(node_index i) {
  node& n = nodes[i.index()];
  if (!n.plan) {
    return;
  }
  const auto p = std::move(n.plan);
  swarm::core_setup setup;
  setup.settings = p->core;
  setup.geometry = geometry;
  setup.info_hash = info_hash;
  setup.our_id = id_of(i);
  setup.listen_port = address_of(i).port;
  setup.client = "sim";
  setup.trackers = {{"sim"}};
  setup.have = p->have ? *p->have : bitfield(geometry.piece_count(), p->complete);
  setup.seed = plan.seed * 0x9e3779b97f4a7c15U + i.value();
  if (plan.check_every != 0 && i.value() % plan.check_every == 0) {
    n.watched = std::make_unique<watch_record>();
    n.watched->verified = setup.have;
    n.watched->fed = now;
  }
  setup.outbox = &outbox;
  n.core.emplace(std::move(setup));
  n.core->on(now, swarm::start{});
  settle(i);
  set_wake(i);
}

/// Its connections break and its core goes.
void virtual_swarm::world::remove(node_index i) {
  node& n = nodes[i.index()];
  n.totals = n.core->totals();
  n.core.reset();
  const auto links = std::exchange(n.links, {});
  for (const auto& l : links) {
    close(l.end);
  }
  n.uplink = {};
  n.uplink_head = 0;
  n.false_blocks = {};
}

void virtual_swarm::world::act(node_index i, swarm::report& a) {
  if (watcher == nullptr) {
    return;
  }
  if (a.what == swarm::report::kind::completed) {
    watcher->on_complete(i);
  }
  watcher->on_report(i, a);
}

// The public face.

virtual_swarm::virtual_swarm(const swarm_plan& plan, observer* watcher)
    : world_(std::make_unique<world>(plan, watcher)) {}
virtual_swarm::~virtual_swarm() = default;

site_index virtual_swarm::add_site(const site_plan& p) {
  world_->sites.push_back({pipe(p.up_bytes_per_s), pipe(p.down_bytes_per_s), p.latency, {}});
  return site_index(static_cast<std::uint32_t>(world_->sites.size() - 1));
}

node_index virtual_swarm::add(const node_plan& p) {
  const node_index added(static_cast<std::uint32_t>(world_->nodes.size()));
  node& n = world_->nodes.emplace_back();
  n.plan = std::make_unique<node_plan>(p);
  n.up.set_rate(p.up_bytes_per_s);
  n.down.set_rate(p.down_bytes_per_s);
  n.disk.set_rate(p.disk_bytes_per_s);
  n.latency = p.latency;
  n.site = p.site;
  if (p.site) {
    auto& hosts = world_->sites[p.site->index()].hosts;
    n.host = static_cast<std::uint32_t>(hosts.size());
    hosts.push_back(added);
  }
  n.lies = p.lies;
  n.gives = peer::gives_freely(p.core.choking.rule);
  n.upload_slots = p.core.upload_slots;
  return added;
}

void virtual_swarm::join(node_index who) {
  world_->join(who);
}

void virtual_swarm::leave(node_index who) {
  node& n = world_->nodes[who.index()];
  if (n.core) {
    n.core->on(world_->now, swarm::stop{});
    world_->settle(who);
    world_->remove(who);
  }
}

void virtual_swarm::die(node_index who) {
  if (present(who)) {
    world_->remove(who);
  }
}

void virtual_swarm::set_tracker(bool answers) {
  world_->tracker_answers = answers;
}

void virtual_swarm::forget_swarm() {
  world_->tracker = registry::swarm_table(world_->plan.tracker, world_->chance.next());
}

void virtual_swarm::set_loss(node_index who, double part) {
  world_->nodes[who.index()].loss = static_cast<float>(part);
}

void virtual_swarm::set_disk_rate(node_index who, double bytes_per_s) {
  world_->nodes[who.index()].disk.set_rate(bytes_per_s);
}

void virtual_swarm::set_lies(node_index who, bool lies) {
  world_->nodes[who.index()].lies = lies;
}

void virtual_swarm::set_side(node_index who, std::uint8_t side) {
  world_->nodes[who.index()].side = side;
  world_->has_sides = true;
  for (auto& n : world_->nodes) {
    if (n.watched) {
      n.watched->fed = world_->now;  // its neighbours are others now
    }
  }
  world_->reunite();
}

void virtual_swarm::at(instant when, std::function<void()> what) {
  const auto number = world_->calls.take();
  world_->calls[number] = std::move(what);
  world_->push(std::max(when, world_->now), {nobody, happening_kind::call, 0, number});
}

void virtual_swarm::run_until(instant end) {
  world_->run_until(end);
}

void virtual_swarm::stop() {
  world_->stopped = true;
}

const piece::geometry& virtual_swarm::geometry() const {
  return world_->geometry;
}
instant virtual_swarm::now() const {
  return world_->now;
}
std::uint64_t virtual_swarm::events() const {
  return world_->events;
}
std::string virtual_swarm::digest() const {
  return world_->digest.hex();
}
std::size_t virtual_swarm::size() const {
  return world_->nodes.size();
}
bool virtual_swarm::present(node_index who) const {
  return world_->nodes[who.index()].core.has_value();
}
const swarm::torrent_core& virtual_swarm::core(node_index who) const {
  return *world_->nodes[who.index()].core;
}
swarm::core_totals virtual_swarm::totals(node_index who) const {
  const node& n = world_->nodes[who.index()];
  return n.core ? n.core->totals() : n.totals;
}
double virtual_swarm::up_bytes_per_s(node_index who) const {
  return world_->nodes[who.index()].up.rate();
}
const std::vector<std::string>& virtual_swarm::breaches() const {
  return world_->breaches;
}
void virtual_swarm::check() {
  world_->check();
}
void virtual_swarm::check_waits() {
  world_->watch_waits();
}

}  // namespace shoal::sim
