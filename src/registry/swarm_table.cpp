#include <algorithm>
#include <optional>

#include <shoal/registry/swarm_table.hpp>

#include "registry/keyed_hash.hpp"
#include "registry/peer_store.hpp"
#include "registry/sampler.hpp"
#include "registry/swarm.hpp"
#include "registry/swarm_directory.hpp"

namespace shoal::registry {

namespace {

announce::scrape_entry entry_of(const swarm& s) {
  return {s.info_hash, s.count(role::seeder), s.completed, s.count(role::leecher)};
}

}  // namespace

struct swarm_table::state {
  state(const table_settings& s, std::uint64_t seed)
      : settings(s),
        silence_max(from_seconds(s.expire_intervals * s.interval_s)),
        chance(seed),
        store(keyed_hash(chance)),
        swarms(keyed_hash(chance), s.swarms_max, silence_max) {}

  std::optional<peer_slot> remember(instant now, swarm_slot slot, const announce::announce_request& r,
                                    const endpoint& from);
  void drop(instant now, peer_slot who);
  void enter(swarm& s, peer_slot who);
  void leave(swarm& s, peer_slot who);

  announce::announce_response reply_without_peers(const swarm& s, const endpoint& from);
  void add_peers(announce::announce_response& out, const swarm& s, std::uint32_t wanted, family asker_family,
                 role asker_role, std::optional<peer_slot> asker);
  void add_peers_of(announce::announce_response& out, const swarm& s, std::size_t wanted, family f,
                    role asker_role, const peer_record* asker);

  table_settings settings;
  duration silence_max;
  rng chance;
  peer_store store;
  swarm_directory swarms;
  sampler pick;

  std::size_t seeder_count = 0;
  std::uint64_t announces = 0, completed = 0, expired = 0;
};

std::optional<peer_slot> swarm_table::state::remember(instant now, swarm_slot slot,
                                                      const announce::announce_request& r,
                                                      const endpoint& from) {
  swarm& s = swarms[slot];
  const role standing = r.left == 0 ? role::seeder : role::leecher;
  auto who = store.find(slot, from);
  if (who) {
    store.touch(*who, now);
    if (store[*who].role != standing) {
      leave(s, *who);
      store[*who].role = standing;
      enter(s, *who);
    }
  } else {
    if (from.port == 0 || s.count() >= settings.peers_per_swarm_max || store.size() >= settings.peers_max) {
      return std::nullopt;
    }
    who = store.add(slot, from, now);
    store[*who].role = standing;
    enter(s, *who);
  }
  peer_record& p = store[*who];
  p.id = r.peer_id;
  if (r.event == announce::event::completed && standing == role::seeder && !p.completed) {
    p.completed = true;
    ++s.completed;
    ++completed;
  }
  return who;
}

void swarm_table::state::drop(instant now, peer_slot who) {
  const swarm_slot slot = store[who].swarm;
  leave(swarms[slot], who);
  store.remove(who);
  if (swarms[slot].count() == 0) {
    swarms.emptied(slot, now);
  }
}

void swarm_table::state::enter(swarm& s, peer_slot who) {
  s.enter(store, who);
  seeder_count += store[who].role == role::seeder ? 1U : 0U;
}

void swarm_table::state::leave(swarm& s, peer_slot who) {
  s.leave(store, who);
  seeder_count -= store[who].role == role::seeder ? 1U : 0U;
}

announce::announce_response swarm_table::state::reply_without_peers(const swarm& s, const endpoint& from) {
  announce::announce_response out;
  const std::uint32_t tenth = settings.interval_s / 10;
  out.interval_s =
      settings.interval_s - tenth + static_cast<std::uint32_t>(chance.below(std::uint64_t{tenth} * 2 + 1));
  out.min_interval_s = std::min(settings.min_interval_s, out.interval_s);
  out.complete = s.count(role::seeder);
  out.incomplete = s.count(role::leecher);
  out.external_ip = from.address;
  return out;
}

void swarm_table::state::add_peers(announce::announce_response& out, const swarm& s, std::uint32_t wanted,
                                   family asker_family, role asker_role, std::optional<peer_slot> asker) {
  const peer_record* const self = asker ? &store[*asker] : nullptr;
  add_peers_of(out, s, wanted, asker_family, asker_role, self);
  add_peers_of(out, s, wanted - out.peers.size(), other(asker_family), asker_role, nullptr);
}

void swarm_table::state::add_peers_of(announce::announce_response& out, const swarm& s, std::size_t wanted,
                                      family f, role asker_role, const peer_record* asker) {
  // The candidates are the leechers, then, for a leecher, the seeders, in one row of numbers; the asker's own
  // place is left out of it. A seeder is no candidate of its own.
  const auto& leechers = s.peers(f, role::leecher);
  const auto& seeders = s.peers(f, role::seeder);
  std::size_t row = leechers.size() + (asker_role == role::leecher ? seeders.size() : 0);
  std::optional<std::uint32_t> own_place;
  if (asker != nullptr && asker_role == role::leecher) {
    own_place = asker->position;
    --row;
  }
  const auto count = static_cast<std::uint32_t>(std::min(wanted, row));
  for (std::uint32_t i : pick.choose(static_cast<std::uint32_t>(row), count, chance)) {
    i += own_place && i >= *own_place ? 1U : 0U;
    const peer_record& p = store[i < leechers.size() ? leechers[i] : seeders[i - leechers.size()]];
    out.peers.push_back({p.endpoint, p.id});
  }
}

swarm_table::swarm_table(const table_settings& s, std::uint64_t seed)
    : state_(std::make_unique<state>(s, seed)) {}
swarm_table::~swarm_table() = default;
swarm_table::swarm_table(swarm_table&&) noexcept = default;
swarm_table& swarm_table::operator=(swarm_table&&) noexcept = default;

announce::announce_response swarm_table::announce(instant now, const announce::announce_request& r,
                                                  const endpoint& from) {
  state& my = *state_;
  ++my.announces;
  if (r.event == announce::event::stopped) {
    const auto slot = my.swarms.find(r.info_hash);
    const auto who = slot ? my.store.find(*slot, from) : std::nullopt;
    if (who) {
      my.drop(now, *who);
    }
    static const swarm nobody;
    return my.reply_without_peers(slot ? my.swarms[*slot] : nobody, from);
  }
  const auto slot = my.swarms.find_or_open(r.info_hash, now);
  if (!slot) {
    announce::announce_response full;
    full.failure_reason = "the tracker has no room for another torrent";
    full.retry_in_s = my.settings.interval_s;
    return full;
  }
  const auto who = my.remember(now, *slot, r, from);
  announce::announce_response out = my.reply_without_peers(my.swarms[*slot], from);
  const std::uint32_t wanted =
      std::min(r.num_want.value_or(my.settings.num_want_default), my.settings.num_want_max);
  my.add_peers(out, my.swarms[*slot], wanted, family_of(from), r.left == 0 ? role::seeder : role::leecher,
               who);
  return out;
}

announce::scrape_entry swarm_table::scrape(const sha1_digest& info_hash) const {
  const auto slot = state_->swarms.find(info_hash);
  return slot ? entry_of(state_->swarms[*slot]) : announce::scrape_entry{info_hash};
}

std::vector<announce::scrape_entry> swarm_table::scrape_all(std::size_t swarms_max) const {
  std::vector<announce::scrape_entry> out;
  for (const swarm& s : state_->swarms.slots()) {
    if (out.size() >= swarms_max) {
      break;
    }
    if (s.in_use) {
      out.push_back(entry_of(s));
    }
  }
  return out;
}

void swarm_table::expire(instant now) {
  state& my = *state_;
  for (auto who = my.store.oldest(); who && my.store[*who].heard + my.silence_max <= now;
       who = my.store.oldest()) {
    my.drop(now, *who);
    ++my.expired;
  }
  my.swarms.forget_long_empty(now);
}

table_totals swarm_table::totals() const {
  const state& my = *state_;
  return {my.swarms.size(), my.seeder_count, my.store.size() - my.seeder_count,
          my.announces,     my.completed,    my.expired};
}

}  // namespace shoal::registry
