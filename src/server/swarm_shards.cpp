#include "server/swarm_shards.hpp"

#include <algorithm>
#include <cstring>

#include <shoal/base/rng.hpp>

namespace shoal::server {

namespace {

/// Places looked at under one lock; a nanosecond or two each.
constexpr std::size_t expire_step = 8192;
/// Bytes of excerpts made under one lock: a few thousand peers.
constexpr std::size_t save_step_bytes = std::size_t{32} * 1024;

std::size_t peers_in(const registry::swarm_table& t) {
  const auto totals = t.totals();
  return totals.seeders + totals.leechers;
}

}  // namespace

swarm_shards::swarm_shards(const registry::table_settings& s, std::uint64_t seed) : peers_max_(s.peers_max) {
  rng chance(seed);
  start_ = chance.next();
  factor_ = chance.next() | 1U;
  registry::table_settings each = s;
  each.swarms_max = std::max<std::size_t>(1, (s.swarms_max + shard_count - 1) / shard_count);
  for (std::size_t i = 0; i < shard_count; ++i) {
    shards_.push_back(std::make_unique<shard>(each, chance.next()));
  }
}

std::size_t swarm_shards::place_of(const sha1_digest& info_hash) const {
  std::uint64_t head = 0;
  std::memcpy(&head, info_hash.bytes.data(), sizeof head);
  return static_cast<std::size_t>(((head ^ start_) * factor_) >> (64 - shard_bits));
}

swarm_shards::shard& swarm_shards::of(const sha1_digest& info_hash) {
  return *shards_[place_of(info_hash)];
}
const swarm_shards::shard& swarm_shards::of(const sha1_digest& info_hash) const {
  return *shards_[place_of(info_hash)];
}

/// Seldom: most announces are of peers that are known.
void swarm_shards::recount(std::size_t before, std::size_t after) {
  if (before != after) {
    peers_.fetch_add(after - before, std::memory_order_relaxed);
  }
}

registry::told swarm_shards::announce(instant now, const announce::announce_request& r, const endpoint& from,
                                      registry::peer_room& peers) {
  shard& s = of(r.info_hash);
  const std::lock_guard lock(s.mutex);
  const std::size_t before = peers_in(s.table);
  const bool admits = peers_.load(std::memory_order_relaxed) < peers_max_;
  const auto told = s.table.announce(now, r, from, peers, admits);
  recount(before, peers_in(s.table));
  return told;
}

announce::scrape_entry swarm_shards::scrape(const sha1_digest& info_hash) const {
  const shard& s = of(info_hash);
  const std::lock_guard lock(s.mutex);
  return s.table.scrape(info_hash);
}

std::vector<announce::scrape_entry> swarm_shards::scrape_all(std::size_t swarms_max) const {
  std::vector<announce::scrape_entry> out;
  for (const auto& s : shards_) {
    const std::lock_guard lock(s->mutex);
    const auto some = s->table.scrape_all(swarms_max - out.size());
    out.insert(out.end(), some.begin(), some.end());
  }
  return out;
}

registry::table_totals swarm_shards::totals() const {
  registry::table_totals out;
  for (const auto& s : shards_) {
    const std::lock_guard lock(s->mutex);
    out += s->table.totals();
  }
  return out;
}

void swarm_shards::expire(instant now) {
  for (const auto& s : shards_) {
    for (bool done = false; !done;) {
      const std::lock_guard lock(s->mutex);
      const std::size_t before = peers_in(s->table);
      done = s->table.expire(now, expire_step);
      recount(before, peers_in(s->table));
    }
  }
}

void swarm_shards::save(instant now, bool own_only, const std::function<bool(byte_view)>& take) const {
  std::vector<std::byte> excerpts;
  for (const auto& s : shards_) {
    registry::swarm_table::walk at;
    for (bool done = false; !done;) {
      excerpts.clear();
      {
        const std::lock_guard lock(s->mutex);
        done = s->table.save(now, at, save_step_bytes, own_only, excerpts);
      }
      if (!excerpts.empty() && !take(excerpts)) {
        return;
      }
    }
  }
}

std::size_t swarm_shards::learn(instant now, byte_view bytes, registry::lesson how) {
  std::size_t records = 0;
  byte_reader in(bytes);
  while (const auto e = registry::next_excerpt(in)) {
    records += e->v4.size() / registry::excerpt_v4_bytes + e->v6.size() / registry::excerpt_v6_bytes;
    shard& s = of(e->info_hash);
    const std::lock_guard lock(s.mutex);
    const std::size_t before = peers_in(s.table);
    how.admits = peers_.load(std::memory_order_relaxed) < peers_max_;
    s.table.learn(now, *e, how);
    recount(before, peers_in(s.table));
  }
  return records;
}

}  // namespace shoal::server
