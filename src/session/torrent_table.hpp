#pragma once
// The torrents of a session, found by id and by hash, and begun in the order in which they came.
//
// Only so many begin at once: that keeps the disk threads busy, and thousands of torrents do not all have in
// memory at once what each needs for its start.

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include <shoal/base/rng.hpp>

#include "session/services.hpp"
#include "session/torrent_runner.hpp"

namespace shoal {

/// Thread-safe. Torrents stay until the table goes.
class torrent_table {
 public:
  torrent_table(services& s, std::uint64_t seed) : services_(s), chance_(seed) {}

  /// Fails when it is already here, or nothing says which torrent is meant.
  outcome<torrent_id> add(torrent_settings t);
  /// One that began needs its turn no longer.
  void begin_next();

  /// Null when there is none.
  torrent_runner* find(torrent_id id) const;
  torrent_runner* find(const sha1_digest& wire_hash) const;
  /// The wire hash of the torrent that an encrypted call asks for.
  std::optional<sha1_digest> torrent_of(const sha1_digest& obfuscated) const;
  std::vector<torrent_runner*> all() const;
  bool empty() const;

 private:
  void begin_some();

  services& services_;
  mutable std::mutex mutex_;  // guards what follows; the runners guard themselves
  rng chance_;
  std::vector<std::unique_ptr<torrent_runner>> runners_;  // by id
  std::unordered_map<sha1_digest, torrent_runner*> by_hash_;
  std::unordered_map<sha1_digest, torrent_runner*> by_obfuscated_;
  std::size_t begun_ = 0;            // the first so many have begun
  std::size_t beginning_ = 0;        // of these, how many have not ended their turn
  std::size_t begun_when_tidy_ = 0;  // at the last `malloc_trim`
};

}  // namespace shoal
