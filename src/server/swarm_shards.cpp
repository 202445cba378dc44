#include "server/swarm_shards.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include <shoal/base/rng.hpp>

namespace shoal::server {

namespace {

/// Places looked at under one lock: some tens of microseconds where many are forgotten.
constexpr std::size_t expire_places = 4096;
/// Bytes of excerpts made under one lock: a few thousand peers.
constexpr std::size_t save_step_bytes = std::size_t{32} * 1024;

/// News of one table that wait to be taken.
constexpr std::size_t news_bytes_max = std::size_t{256} * 1024;

}  // namespace

swarm_shards::swarm_shards(const registry::table_settings& s, std::uint64_t seed)
    : peers_max_(s.peers_max), bytes_max_(s.bytes_max) {
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

class swarm_shards::change {
 public:
  change(swarm_shards& all, const registry::swarm_table& one) : all_(all), one_(one), before_(one.totals()) {}
  change(const change&) = delete;
  change& operator=(const change&) = delete;
  ~change() {
    const auto now = one_.totals();
    add(all_.peers_, now.seeders + now.leechers - before_.seeders - before_.leechers);
    add(all_.bytes_, now.bytes - before_.bytes);
  }

 private:
  /// Seldom: most announces are of peers that are known.
  static void add(std::atomic<std::size_t>& to, std::size_t what) {
    if (what != 0) {
      to.fetch_add(what, std::memory_order_relaxed);
    }
  }

  swarm_shards& all_;
  const registry::swarm_table& one_;
  const registry::table_totals before_;
};

registry::table_room swarm_shards::room() const {
  using registry::table_room;
  if (bytes_.load(std::memory_order_relaxed) >= bytes_max_) {
    return table_room::for_none;
  }
  return peers_.load(std::memory_order_relaxed) >= peers_max_ ? table_room::for_swarms : table_room::for_all;
}

registry::told swarm_shards::announce(instant now, const announce::announce_request& r, const endpoint& from,
                                      registry::peer_room& peers) {
  shard& s = of(r.info_hash);
  const std::lock_guard lock(s.mutex);
  const change count(*this, s.table);
  const auto told = s.table.announce(now, r, from, peers, room());
  if (keeps_news_ && !told.no_room && from.port != 0) {
    note(s, r, from, told);
  }
  return told;
}

void swarm_shards::note(shard& s, const announce::announce_request& r, const endpoint& from,
                        const registry::told& told) {
  if (s.news.size() >= news_bytes_max) {
    s.lost_news = true;
    return;
  }
  if (told.moved_from.port != 0) {
    registry::write_news(r.info_hash, told.completed, told.moved_from, registry::peer_mark::gone, s.news);
  }
  registry::write_news(r.info_hash, told.completed, from, registry::marks_of(r), s.news);
}

bool swarm_shards::take_news(std::vector<std::byte>& out) {
  bool all = true;
  for (const auto& s : shards_) {
    const std::lock_guard lock(s->mutex);
    out.insert(out.end(), s->news.begin(), s->news.end());
    s->news.clear();
    all = all && !std::exchange(s->lost_news, false);
  }
  return all;
}

announce::scrape_entry swarm_shards::scrape(const sha1_digest& info_hash) const {
  const shard& s = of(info_hash);
  const std::lock_guard lock(s.mutex);
  return s.table.scrape(info_hash);
}

std::vector<sha1_digest> swarm_shards::info_hashes(std::size_t place) const {
  const std::lock_guard lock(shards_[place]->mutex);
  return shards_[place]->table.info_hashes();
}

registry::table_totals swarm_shards::totals() const {
  registry::table_totals out;
  for (const auto& s : shards_) {
    const std::lock_guard lock(s->mutex);
    out += s->table.totals();
  }
  return out;
}

std::vector<announce::scrape_entry> swarm_shards::busiest(std::size_t count) const {
  std::vector<announce::scrape_entry> out;
  for (const auto& s : shards_) {
    const std::lock_guard lock(s->mutex);
    const auto here = s->table.busiest(count);
    out.insert(out.end(), here.begin(), here.end());
  }
  std::sort(out.begin(), out.end(), registry::is_busier);
  out.resize(std::min(out.size(), count));
  return out;
}

bool swarm_shards::expire_step(instant now, std::size_t& at) {
  if (at < shard_count) {
    shard& s = *shards_[at];
    const std::lock_guard lock(s.mutex);
    const change count(*this, s.table);
    at += s.table.expire(now, expire_places) ? 1 : 0;
  }
  return at == shard_count;
}

void swarm_shards::save(instant now, bool own_only, const std::function<bool(byte_view)>& take) const {
  std::vector<std::byte> excerpts;
  walk at;
  for (bool done = false; !done;) {
    excerpts.clear();
    done = save_step(now, at, own_only, excerpts);
    if (!excerpts.empty() && !take(excerpts)) {
      return;
    }
  }
}

bool swarm_shards::save_step(instant now, walk& at, bool own_only, std::vector<std::byte>& out) const {
  if (at.shard == shard_count) {
    return true;
  }
  const shard& s = *shards_[at.shard];
  const std::lock_guard lock(s.mutex);
  if (s.table.save(now, at.table, save_step_bytes, own_only, out)) {
    at = {at.shard + 1, {}};
  }
  return at.shard == shard_count;
}

std::size_t swarm_shards::learn(instant now, byte_view bytes, registry::lesson how) {
  std::size_t records = 0;
  byte_reader in(bytes);
  while (const auto e = registry::next_excerpt(in)) {
    records += e->v4.size() / registry::excerpt_v4_bytes + e->v6.size() / registry::excerpt_v6_bytes;
    shard& s = of(e->info_hash);
    const std::lock_guard lock(s.mutex);
    const change count(*this, s.table);
    how.room = room();
    s.table.learn(now, *e, how);
  }
  return records;
}

}  // namespace shoal::server
