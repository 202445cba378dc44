#pragma once
// The tracker's swarms, dealt by info-hash to tables with a lock each, so that threads seldom meet and
// nothing is ever locked as a whole: neither growth nor expiry of one table holds up the others. Thread-safe.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include <shoal/announce/announce.hpp>
#include <shoal/base/bytes.hpp>
#include <shoal/base/endpoint.hpp>
#include <shoal/base/time.hpp>
#include <shoal/hash/digest.hpp>
#include <shoal/registry/swarm_table.hpp>

namespace shoal::server {

class swarm_shards {
 public:
  static constexpr unsigned shard_bits = 6;
  static constexpr std::size_t shard_count = std::size_t{1} << shard_bits;

  /// The settings' limits are those of all tables together; that on swarms is dealt out evenly.
  swarm_shards(const registry::table_settings& s, std::uint64_t seed);

  registry::told announce(instant now, const announce::announce_request& r, const endpoint& from,
                          registry::peer_room& peers);
  announce::scrape_entry scrape(const sha1_digest& info_hash) const;
  /// Of one of the `shard_count` tables, in no order.
  std::vector<sha1_digest> info_hashes(std::size_t place) const;
  registry::table_totals totals() const;
  /// The `count` swarms with most peers, most first. O(swarms), though no lock is held for long.
  std::vector<announce::scrape_entry> busiest(std::size_t count) const;

  /// One step of forgetting who has been silent too long, some tens of microseconds of it: begins with `at`
  /// 0, goes on where it stands, and says true when all tables are done.
  bool expire_step(instant now, std::size_t& at);

  /// The length of a tick, in which `save` tells ages.
  duration tick() const { return shards_.front()->table.tick(); }
  /// Gives excerpts of all swarms to `take`, some tens of KiB at a time, until it says false. No lock is held
  /// meanwhile, so swarms may change: see `swarm_table::save`.
  void save(instant now, bool own_only, const std::function<bool(byte_view)>& take) const;
  /// Where a walk over all swarms is.
  struct walk {
    std::size_t shard = 0;
    registry::swarm_table::walk table;
  };
  /// One step of `save`: appends to `out`; false when there is more.
  bool save_step(instant now, walk& at, bool own_only, std::vector<std::byte>& out) const;
  /// Takes the excerpts in `bytes`, as far as they can be read; how many peers' records there were.
  std::size_t learn(instant now, byte_view bytes, registry::lesson how);

  /// From now on every announce leaves an excerpt, for others to learn from. Before anybody announces.
  void keep_news() { keeps_news_ = true; }
  /// Moves the news to the end of `out`; of one peer they are in order. False when some were lost since the
  /// last time, because nobody took them.
  bool take_news(std::vector<std::byte>& out);

 private:
  struct alignas(64) shard {
    shard(const registry::table_settings& s, std::uint64_t seed) : table(s, seed) {}

    mutable std::mutex mutex;
    registry::swarm_table table;  // guarded by mutex
    std::vector<std::byte> news;  // guarded by mutex
    bool lost_news = false;       // guarded by mutex
  };

  shard& of(const sha1_digest& info_hash);
  const shard& of(const sha1_digest& info_hash) const;
  std::size_t place_of(const sha1_digest& info_hash) const;
  /// A change of one table, counted for all when it ends.
  class change;
  registry::table_room room() const;
  static void note(shard& s, const announce::announce_request& r, const endpoint& from,
                   const registry::told& told);

  std::uint64_t start_, factor_;  // of the dealing, secret: strangers choose the info-hashes
  std::size_t peers_max_, bytes_max_;
  bool keeps_news_ = false;
  std::atomic<std::size_t> peers_ = 0, bytes_ = 0;
  std::vector<std::unique_ptr<shard>> shards_;
};

}  // namespace shoal::server
