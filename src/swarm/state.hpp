#pragma once
// What the sides of a torrent's brain share: the pieces, the peers, the outbox, and the instant of the event
// in hand. Plain data with the few operations that keep it consistent; the decisions are in the sides.

#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include <shoal/base/rng.hpp>
#include <shoal/base/token_bucket.hpp>
#include <shoal/swarm/torrent_core.hpp>

namespace shoal::swarm {

using peer::peer_state;

/// Connected peers by key. Keys only grow, so the order of joining is the order of keys, and iteration is the
/// same in every run.
class roster {
 public:
  peer_state& add(std::unique_ptr<peer_state> p) {
    peers_.push_back(std::move(p));
    return *peers_.back();
  }
  peer_state* find(peer_key key) const {
    const auto it = place(key);
    return it != peers_.end() && (*it)->key == key ? it->get() : nullptr;
  }
  void remove(peer_key key) { peers_.erase(place(key)); }
  std::size_t size() const { return peers_.size(); }
  bool empty() const { return peers_.empty(); }

  /// Calls f(peer_state&) for each peer that is not being dropped.
  template <class F>
  void for_each(F f) const {
    for (const auto& p : peers_) {
      if (!p->dropping) {
        f(*p);
      }
    }
  }

  /// The same, and those that are being dropped.
  template <class F>
  void for_each_present(F f) const {
    for (const auto& p : peers_) {
      f(*p);
    }
  }

 private:
  std::vector<std::unique_ptr<peer_state>>::const_iterator place(peer_key key) const {
    return std::lower_bound(peers_.begin(), peers_.end(), key,
                            [](const auto& p, peer_key k) { return p->key < k; });
  }

  std::vector<std::unique_ptr<peer_state>> peers_;
};

struct state {
  explicit state(const core_setup& s)
      : settings(s.settings),
        geometry(s.geometry),
        info_hash(s.info_hash),
        chance(s.seed),
        picker(s.geometry, s.settings.picking, chance.next()) {}

  core_settings settings;
  piece::geometry geometry;
  sha1_digest info_hash;
  rng chance;
  piece::picker picker;
  roster peers;
  std::deque<action> outbox;
  core_totals totals;
  rate_meter down, up;
  token_bucket upload_bucket, download_bucket;
  instant now{};
  bool running = false;
  bool disk_ok = true;
  /// Blocks became free to be asked of others: idle peers should look again.
  bool look_again = false;

  bool complete() const { return picker.wanted_count() == 0; }

  void emit(action a) { outbox.push_back(std::move(a)); }
  void tell(peer_state& p, wire::message m) {
    p.last_sent = now;
    outbox.emplace_back(send{p.key, std::move(m)});
  }
};

}  // namespace shoal::swarm
