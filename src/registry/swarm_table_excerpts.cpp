// A table's swarms as excerpts, and what it learns from such.

#include <algorithm>
#include <cstring>
#include <span>
#include <utility>

#include <shoal/registry/swarm_table.hpp>

#include "registry/swarm_table_state.hpp"

namespace shoal::registry {

namespace {

constexpr std::size_t count_bytes = 2;
constexpr unsigned tables = 4;

void put_u16(std::vector<std::byte>& out, std::size_t at, std::size_t value) {
  span_writer(std::span(out).subspan(at, count_bytes)).u16(static_cast<std::uint16_t>(value));
}

template <std::size_t AddressBytes>
void put_peer(const peer_record<AddressBytes>& r, std::uint64_t tick, bool gives, byte_writer& out) {
  using record = peer_record<AddressBytes>;
  out.bytes(r.where);
  out.u8(age(r.heard, tick));
  std::uint8_t marks = gives ? peer_mark::gives : 0;
  marks |= r.has(record::partial) ? peer_mark::partial : 0;
  marks |= r.has(record::completed) ? peer_mark::completed : 0;
  marks |= r.has(record::foreign) ? peer_mark::foreign : 0;
  out.u8(marks);
}

/// What one step may still do.
struct step_room {
  std::size_t end_bytes;  ///< of `out`
  std::size_t looks;      ///< at places and swarms

  bool is_over(const std::vector<std::byte>& out) const { return looks == 0 || out.size() >= end_bytes; }
};

/// Appends peers of a table from the walk's place on and counts them; false when the step was over before.
template <std::size_t AddressBytes>
bool put_table(const peer_table<AddressBytes>& t, swarm_table::walk& at, std::uint64_t tick, bool own_only,
               step_room& room, std::size_t& count, std::vector<std::byte>& out) {
  using record = peer_record<AddressBytes>;
  const auto places = t.places();
  if (at.place != 0 && at.capacity != places.size()) {
    at.place = 0;  // it was laid out anew: some are told twice, none is missed
  }
  at.capacity = static_cast<std::uint32_t>(places.size());
  byte_writer w(out);
  for (; at.place < at.capacity; ++at.place) {
    if (room.is_over(out) || count == excerpt_peers_max) {
      return false;
    }
    --room.looks;
    const record& r = places[at.place];
    if (!r.is_free() && !(own_only && r.has(record::foreign)) && !is_too_old(r.heard, tick)) {
      put_peer<AddressBytes>(r, tick, at.table % 2 == 1, w);
      ++count;
    }
  }
  at.place = 0;
  return true;
}

/// One excerpt of the swarm; false when it has more.
bool put_swarm(const swarm& s, swarm_table::walk& at, std::uint64_t tick, bool own_only, step_room& room,
               std::vector<std::byte>& out) {
  const std::size_t start = out.size();
  byte_writer w(out);
  w.bytes(s.info_hash.view());
  w.u32(s.completed);
  w.u32(0);  // the counts, when they are known
  std::size_t v4 = 0;
  std::size_t v6 = 0;
  bool done = true;
  for (; done && at.table < tables; at.table += done ? 1 : 0) {
    if (at.table < 2) {
      done = put_table(at.table == 0 ? s.four.wants : s.four.gives, at, tick, own_only, room, v4, out);
    } else if (s.six) {
      done = put_table(at.table == 2 ? s.six->wants : s.six->gives, at, tick, own_only, room, v6, out);
    }
  }
  put_u16(out, start + excerpt_head_bytes - 2 * count_bytes, v4);
  put_u16(out, start + excerpt_head_bytes - count_bytes, v6);
  if (s.completed == 0 && v4 + v6 == 0) {
    out.resize(start);  // nothing is said
  }
  return done;
}

/// Whether anybody in it has not left.
bool has_present(byte_view records, std::size_t record_bytes) {
  for (std::size_t end = record_bytes; end <= records.size(); end += record_bytes) {
    if ((std::to_integer<std::uint8_t>(records[end - 1]) & peer_mark::gone) == 0) {
      return true;
    }
  }
  return false;
}

}  // namespace

duration swarm_table::tick() const {
  return state_->clock.length();
}

bool swarm_table::save(instant now, walk& at, std::size_t bytes_max, bool own_only,
                       std::vector<std::byte>& out) const {
  const std::uint64_t tick = state_->clock.peek(now);
  const auto slots = std::as_const(state_->swarms).slots();
  // A head and a peer always have room, so every step gets on.
  step_room room{out.size() + std::max<std::size_t>(bytes_max, 64), std::max<std::size_t>(bytes_max, 64)};
  for (; at.slot < slots.size(); at = {at.slot + 1}) {
    if (room.is_over(out)) {
      return false;
    }
    --room.looks;
    if (slots[at.slot].in_use && !put_swarm(slots[at.slot], at, tick, own_only, room, out)) {
      return false;
    }
  }
  return true;
}

void swarm_table::learn(instant now, const excerpt& e, const lesson& how) {
  const std::uint64_t tick = state_->advance(now);
  const bool says_something =
      e.completed > 0 || has_present(e.v4, excerpt_v4_bytes) || has_present(e.v6, excerpt_v6_bytes);
  const auto slot = says_something
                        ? state_->swarms.find_or_open(e.info_hash, how.room != table_room::for_none)
                        : state_->swarms.find(e.info_hash);
  if (!slot) {
    return;
  }
  swarm& s = state_->swarms[*slot];
  const state::weighing account(*state_, s);
  const std::uint32_t completed_before = s.completed;
  state_->learn_peers<4>(tick, s, e.v4, how);
  state_->learn_peers<16>(tick, s, e.v6, how);
  s.completed = std::max(s.completed, e.completed);
  state_->completed += s.completed - completed_before;
  if (s.size() == 0) {
    state_->swarms.emptied(*slot, tick);
  }
}

template <std::size_t AddressBytes>
void swarm_table::state::learn_peers(std::uint64_t tick, swarm& s, byte_view records, const lesson& how) {
  constexpr std::size_t place_bytes = AddressBytes + 2;
  byte_reader in(records);
  while (in.remaining() >= place_bytes + 2) {
    const byte_view where = in.bytes(place_bytes);
    const duration ago = how.tick * in.u8() + how.silent;
    const std::uint8_t marks = in.u8();
    peer_record<AddressBytes> r;
    std::memcpy(r.where.data(), where.data(), place_bytes);
    const auto ticks = std::max<std::int64_t>(0, ago / clock.length());
    if (r.is_free() || (marks & ~peer_mark::all) != 0 || ticks > static_cast<std::int64_t>(silence_ticks)) {
      continue;
    }
    r.heard = kept(tick - static_cast<std::uint64_t>(ticks));
    learn_peer<AddressBytes>(tick, s, r, marks, how);
  }
}

template <std::size_t AddressBytes>
void swarm_table::state::learn_peer(std::uint64_t tick, swarm& s, peer_record<AddressBytes> told,
                                    std::uint8_t said, const lesson& how) {
  using record = peer_record<AddressBytes>;
  const bool gives = (said & peer_mark::gives) != 0;
  const bool partial = gives && (said & peer_mark::partial) != 0;
  auto* family = s.family<AddressBytes>();
  for (const bool known_gives : {gives, !gives}) {
    record* const known = family == nullptr ? nullptr : family->of(known_gives).find(told.where, hash);
    if (known == nullptr) {
      continue;
    }
    const auto told_age = age(told.heard, tick);
    const auto known_age = age(known->heard, tick);
    if (known_age < told_age || (known_age == told_age && !known->has(record::foreign))) {
      return;  // what we know is as new
    }
    told.marks |= known->marks & record::completed;
    count(s, known_gives, known->has(record::partial), -1);
    family->of(known_gives).remove(known, hash);
    break;
  }
  if ((said & peer_mark::gone) != 0 || how.room != table_room::for_all ||
      s.size() >= settings.peers_per_swarm_max || givers + wanters >= settings.peers_max) {
    return;
  }
  if ((said & peer_mark::completes) != 0 && !told.has(record::completed)) {
    ++s.completed;
  }
  if ((said & (peer_mark::completed | peer_mark::completes)) != 0) {
    told.marks |= record::completed;
  }
  if (how.foreign || (said & peer_mark::foreign) != 0) {
    told.marks |= record::foreign;
  }
  if (s.size() == 0 || age(told.heard, tick) > age(s.oldest, tick)) {
    s.oldest = told.heard;
  }
  record& added = s.make_family<AddressBytes>().of(gives).add(told.where, hash);
  added.heard = told.heard;
  added.marks = told.marks | (partial ? record::partial : std::uint8_t{0});
  count(s, gives, partial, 1);
}

}  // namespace shoal::registry
