#include <algorithm>
#include <cstring>
#include <limits>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include <shoal/registry/swarm_table.hpp>

#include "registry/swarm_table_state.hpp"

namespace shoal::registry {

namespace {

announce::scrape_entry entry_of(const swarm& s) {
  return {s.info_hash, s.seeders(), s.completed, s.leechers(), s.partial_seeds};
}

/// What an announce makes of its sender.
struct standing {
  bool gives, partial;

  explicit standing(const announce::announce_request& r)
      : gives(r.left == 0 || r.event == announce::event::paused), partial(gives && r.left != 0) {}
};

company company_for(const announce::announce_request& r) {
  if (!standing(r).gives) {
    return company::all;
  }
  // A client that has only a magnet link knows no size, and some (aria2) say then that nothing is left.
  const bool may_know_nothing = r.event == announce::event::started && r.left == 0 && r.downloaded == 0;
  return may_know_nothing ? company::leechers_first : company::leechers;
}

/// Without a look at all peers for so many ticks, one is due at once, or ages could not be told.
constexpr std::uint64_t round_ticks_max = 100;
constexpr std::size_t unbounded = std::numeric_limits<std::size_t>::max();

}  // namespace

table_totals& table_totals::operator+=(const table_totals& o) {
  swarms += o.swarms;
  seeders += o.seeders;
  leechers += o.leechers;
  announces += o.announces;
  completed += o.completed;
  expired += o.expired;
  bytes += o.bytes;
  return *this;
}

/// The tick, with the table fit for it.
std::uint64_t swarm_table::state::advance(instant now) {
  const std::uint64_t tick = clock.at(now);
  constexpr std::uint64_t all_silent = silence_ticks + 1;
  if (tick > last_tick + all_silent) {  // nobody has been heard from for so long that all are forgotten
    expire(last_tick + all_silent, unbounded);
    if (tick > last_tick + 2 * all_silent) {
      swarms.forget_long_empty(last_tick + 2 * all_silent);
    }
  }
  last_tick = tick;
  if (tick > silent.round() + round_ticks_max) {
    expire(tick, unbounded);
  }
  return tick;
}

bool swarm_table::state::expire(std::uint64_t tick, std::size_t places_max) {
  const bool done = silent.step(
      swarms, tick, places_max,
      [&](swarm& s, const auto& peer, bool gives) {
        count(s, gives, peer.has(peer.partial), -1);
        ++expired;
      },
      [&](swarm_slot slot) { swarms.emptied(slot, tick); }, [&](std::size_t bytes) { peers_bytes -= bytes; });
  if (done) {
    swarms.forget_long_empty(tick);
  }
  return done;
}

void swarm_table::state::count(swarm& s, bool gives, bool partial, int by) {
  (gives ? givers : wanters) += static_cast<std::size_t>(by);
  if (partial) {
    count_partial(s, by);
  }
}

void swarm_table::state::count_partial(swarm& s, int by) {
  partial_seeds += static_cast<std::size_t>(by);
  s.partial_seeds += static_cast<std::uint32_t>(by);
}

template <std::size_t AddressBytes>
peer_record<AddressBytes>* swarm_table::state::remember(std::uint64_t tick, swarm& s,
                                                        const announce::announce_request& r,
                                                        const endpoint& from, std::uint8_t inherited,
                                                        table_room room) {
  using record = peer_record<AddressBytes>;
  const standing now(r);
  const auto where = place_of<AddressBytes>(from);
  auto* family = s.family<AddressBytes>();
  record* peer = family == nullptr ? nullptr : family->of(now.gives).find(where, hash);
  bool was_partial = peer != nullptr && peer->has(record::partial);
  if (peer == nullptr) {
    record* const elsewhere = family == nullptr ? nullptr : family->of(!now.gives).find(where, hash);
    std::uint8_t marks = 0;
    if (elsewhere != nullptr) {
      marks = elsewhere->marks & record::completed;
      count(s, !now.gives, elsewhere->has(record::partial), -1);
      family->of(!now.gives).remove(elsewhere, hash);
    } else if (from.port == 0 || room != table_room::for_all || s.size() >= settings.peers_per_swarm_max ||
               givers + wanters >= settings.peers_max) {
      return nullptr;
    } else if (s.size() == 0) {
      s.oldest = kept(tick);
    }
    peer = &s.make_family<AddressBytes>().of(now.gives).add(where, hash);
    peer->marks = marks;
    count(s, now.gives, false, 1);
    was_partial = false;
  }
  peer->heard = kept(tick);
  peer->marks &= static_cast<std::uint8_t>(~record::foreign);
  peer->marks |= inherited;
  if (now.partial != was_partial) {
    peer->marks ^= record::partial;
    count_partial(s, now.partial ? 1 : -1);
  }
  if (r.event == announce::event::completed && r.left == 0 && !peer->has(record::completed)) {
    peer->marks |= record::completed;
    ++s.completed;
    ++completed;
  }
  return peer;
}

/// A peer whose address changed is no longer where it was.
template <std::size_t AddressBytes>
swarm_table::state::move swarm_table::state::follow_key(std::uint64_t tick, swarm& s,
                                                        const announce::announce_request& r,
                                                        const endpoint& from, table_room room) {
  auto& index = std::get<key_index<AddressBytes>>(keys);
  const std::uint64_t id = hash(r.peer_id.view(), hash(r.info_hash.view(), *r.key));
  const auto here = place_of<AddressBytes>(from);
  const auto before = r.event == announce::event::stopped
                          ? index.take(id, tick)
                          : index.move(id, here, tick, room == table_room::for_all);
  auto* const family = s.family<AddressBytes>();
  if (!before || *before == here || family == nullptr) {
    return {};
  }
  move out{endpoint_of<AddressBytes>(*before)};
  for (const bool gives : {true, false}) {
    if (auto* const left = family->of(gives).find(*before, hash)) {
      out.marks = left->marks & left->completed;
      count(s, gives, left->has(left->partial), -1);
      family->of(gives).remove(left, hash);
    }
  }
  return out;
}

template <std::size_t AddressBytes>
void swarm_table::state::drop(swarm& s, const endpoint& from) {
  auto* const family = s.family<AddressBytes>();
  if (family == nullptr) {
    return;
  }
  const auto where = place_of<AddressBytes>(from);
  for (const bool gives : {true, false}) {
    if (auto* const peer = family->of(gives).find(where, hash)) {
      count(s, gives, peer->has(peer->partial), -1);
      family->of(gives).remove(peer, hash);
      return;
    }
  }
}

told swarm_table::state::reply_about(const swarm& s) {
  told out;
  const std::uint32_t tenth = settings.interval_s / 10;
  out.interval_s =
      settings.interval_s - tenth + static_cast<std::uint32_t>(chance.below(std::uint64_t{tenth} * 2 + 1));
  out.min_interval_s = std::min(settings.min_interval_s, out.interval_s);
  out.complete = s.seeders();
  out.incomplete = s.leechers();
  out.completed = s.completed;
  return out;
}

template <std::size_t AddressBytes>
std::uint32_t swarm_table::state::tell(swarm& s, std::uint32_t wanted, company whom,
                                       const vicinity<AddressBytes>& near,
                                       const peer_record<AddressBytes>* asker, span_writer& out) {
  auto* const family = s.family<AddressBytes>();
  if (family == nullptr) {
    return 0;
  }
  auto& kept = std::get<std::vector<peer_record<AddressBytes>*>>(scratch);
  if (whom == company::all) {
    return choice<AddressBytes>(family->wants, &family->gives, asker).write(wanted, near, chance, kept, out);
  }
  const auto first =
      choice<AddressBytes>(family->wants, nullptr, nullptr).write(wanted, near, chance, kept, out);
  if (whom == company::leechers) {
    return first;
  }
  choice<AddressBytes> givers_left(family->gives, nullptr, asker);
  return first + givers_left.write(wanted - first, near, chance, kept, out);
}

template <std::size_t AddressBytes>
told swarm_table::state::announce_from(std::uint64_t tick, const announce::announce_request& r,
                                       const endpoint& from, peer_room& peers, table_room room) {
  ++announces;
  const bool follows = settings.follow_keys && r.key && from.port != 0;
  if (r.event == announce::event::stopped) {
    const auto slot = swarms.find(r.info_hash);
    move moved;
    if (slot) {
      const weighing account(*this, swarms[*slot]);
      const bool was_empty = swarms[*slot].size() == 0;
      if (follows) {
        moved = follow_key<AddressBytes>(tick, swarms[*slot], r, from, room);
      }
      drop<AddressBytes>(swarms[*slot], from);
      if (!was_empty && swarms[*slot].size() == 0) {
        swarms.emptied(*slot, tick);
      }
    }
    static const swarm nobody;
    told out = reply_about(slot ? swarms[*slot] : nobody);
    out.moved_from = moved.from;
    return out;
  }
  const auto slot = swarms.find_or_open(r.info_hash, room != table_room::for_none);
  if (!slot) {
    told out;
    out.no_room = true;
    out.interval_s = settings.interval_s;
    return out;
  }
  swarm& s = swarms[*slot];
  const weighing account(*this, s);
  const move moved = follows ? follow_key<AddressBytes>(tick, s, r, from, room) : move();
  const auto* const asker = remember<AddressBytes>(tick, s, r, from, moved.marks, room);
  if (s.size() == 0) {
    swarms.emptied(*slot, tick);
  }
  std::uint32_t wanted = std::min(r.num_want.value_or(settings.num_want_default), settings.num_want_max);
  const company whom = company_for(r);
  const auto near_bits = AddressBytes == 4 ? settings.near.v4_bits : settings.near.v6_bits;
  const vicinity<AddressBytes> near(place_of<AddressBytes>(from), near_bits);
  if constexpr (AddressBytes == 4) {
    wanted -= tell<4>(s, wanted, whom, near, asker, peers.v4);
    tell<16>(s, wanted, whom, {}, nullptr, peers.v6);
  } else {
    wanted -= tell<16>(s, wanted, whom, near, asker, peers.v6);
    tell<4>(s, wanted, whom, {}, nullptr, peers.v4);
  }
  told out = reply_about(s);
  out.moved_from = moved.from;
  return out;
}

swarm_table::swarm_table(const table_settings& s, std::uint64_t seed)
    : state_(std::make_unique<state>(s, seed)) {}
swarm_table::~swarm_table() = default;
swarm_table::swarm_table(swarm_table&&) noexcept = default;
swarm_table& swarm_table::operator=(swarm_table&&) noexcept = default;

told swarm_table::announce(instant now, const announce::announce_request& r, const endpoint& from,
                           peer_room& peers, table_room room) {
  const std::uint64_t tick = state_->advance(now);
  return from.address.is_v4() ? state_->announce_from<4>(tick, r, from, peers, room)
                              : state_->announce_from<16>(tick, r, from, peers, room);
}

announce::announce_response swarm_table::announce(instant now, const announce::announce_request& r,
                                                  const endpoint& from) {
  const std::size_t most = state_->settings.num_want_max;
  std::vector<std::byte> room(most * (6 + 18));
  peer_room peers{span_writer(std::span(room).first(most * 6)),
                  span_writer(std::span(room).subspan(most * 6))};
  const told t = announce(now, r, from, peers);
  announce::announce_response out;
  out.interval_s = t.interval_s;
  if (t.no_room) {
    out = {};
    out.failure_reason = no_room_reason;
    out.retry_in_s = t.interval_s;
    return out;
  }
  out.min_interval_s = t.min_interval_s;
  out.complete = t.complete;
  out.incomplete = t.incomplete;
  out.external_ip = from.address;
  const bool v4_first = from.address.is_v4();
  if (v4_first) {
    announce::unpack_peers(peers.v4.written(), 6, out.peers);
  }
  announce::unpack_peers(peers.v6.written(), 18, out.peers);
  if (!v4_first) {
    announce::unpack_peers(peers.v4.written(), 6, out.peers);
  }
  return out;
}

announce::scrape_entry swarm_table::scrape(const sha1_digest& info_hash) const {
  const auto slot = state_->swarms.find(info_hash);
  return slot ? entry_of(state_->swarms[*slot]) : announce::scrape_entry{info_hash};
}

bool is_busier(const announce::scrape_entry& a, const announce::scrape_entry& b) {
  const auto peers = [](const announce::scrape_entry& e) { return e.complete + e.incomplete; };
  return peers(a) != peers(b) ? peers(a) > peers(b) : a.info_hash < b.info_hash;
}

std::vector<announce::scrape_entry> swarm_table::busiest(std::size_t count) const {
  std::vector<announce::scrape_entry> out;  // a heap, the least busy first
  for (const swarm& s : std::as_const(state_->swarms).slots()) {
    if (s.size() == 0) {
      continue;
    }
    out.push_back(entry_of(s));
    std::push_heap(out.begin(), out.end(), is_busier);
    if (out.size() > count) {
      std::pop_heap(out.begin(), out.end(), is_busier);
      out.pop_back();
    }
  }
  std::sort_heap(out.begin(), out.end(), is_busier);
  return out;
}

std::vector<sha1_digest> swarm_table::info_hashes() const {
  std::vector<sha1_digest> out;
  out.reserve(state_->swarms.size());
  for (const swarm& s : std::as_const(state_->swarms).slots()) {
    if (s.in_use) {
      out.push_back(s.info_hash);
    }
  }
  return out;
}

bool swarm_table::expire(instant now, std::size_t places_max) {
  return state_->expire(state_->advance(now), places_max);
}

table_totals swarm_table::totals() const {
  const state& my = *state_;
  return {my.swarms.size(),
          my.givers - my.partial_seeds,
          my.wanters + my.partial_seeds,
          my.announces,
          my.completed,
          my.expired,
          my.peers_bytes + my.swarms.bytes() + std::get<0>(my.keys).bytes() + std::get<1>(my.keys).bytes()};
}

}  // namespace shoal::registry
