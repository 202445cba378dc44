#pragma once
// What the sides of a torrent's brain share: the pieces, the peers, the outbox, and the instant of the event
// in hand. Plain data with the few operations that keep it consistent; the decisions are in the sides.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <shoal/base/fetch_early.hpp>
#include <shoal/base/ring.hpp>
#include <shoal/base/rng.hpp>
#include <shoal/base/token_bucket.hpp>
#include <shoal/peer/outside_view.hpp>
#include <shoal/swarm/torrent_core.hpp>

namespace shoal::swarm {

using peer::peer_state;

/// Connected peers by key. Keys only grow, so the order of joining is the order of keys, and iteration is the
/// same in every run.
class roster {
 public:
  peer_state& add(std::unique_ptr<peer_state> p) {
    const auto key = p->key;
    return *peers_.emplace_back(key, std::move(p)).who;
  }
  peer_state* find(peer_key key) const {
    const auto it = place(key);
    return it != peers_.end() && it->key == key ? it->who.get() : nullptr;
  }
  void remove(peer_key key) { peers_.erase(place(key)); }
  std::size_t size() const { return peers_.size(); }
  bool empty() const { return peers_.empty(); }

  /// See `torrent_core`: the list, and where each peer lies without a look at it.
  void fetch_early() const { shoal::fetch_early(peers_.data(), peers_.size() * sizeof(entry)); }
  template <class F>
  void for_each_place(F f) const {
    for (const auto& one : peers_) {
      f(one.who.get());
    }
  }

  /// Calls f(peer_state&) for each peer that is not being dropped.
  template <class F>
  void for_each(F f) const {
    for (const auto& one : peers_) {
      if (!one.who->dropping) {
        f(*one.who);
      }
    }
  }

  /// Whether `f` holds for one of these.
  template <class F>
  bool any_of(F f) const {
    return std::ranges::any_of(peers_, [&](const entry& one) { return !one.who->dropping && f(*one.who); });
  }

  /// Calls f(peer_state&) for each, those that are being dropped too.
  template <class F>
  void for_each_present(F f) const {
    for (const auto& one : peers_) {
      f(*one.who);
    }
  }

 private:
  struct entry {
    entry(peer_key k, std::unique_ptr<peer_state> p) : key(k), who(std::move(p)) {}

    peer_key key;  // here too, so that a search touches no peer but the one it finds
    std::unique_ptr<peer_state> who;
  };

  std::vector<entry>::const_iterator place(peer_key key) const {
    return std::lower_bound(peers_.begin(), peers_.end(), key,
                            [](const entry& e, peer_key k) { return e.key < k; });
  }

  std::vector<entry> peers_;
};

struct state {
  explicit state(const core_setup& s)
      : settings(s.settings),
        geometry(s.geometry),
        info_hash(s.info_hash),
        chance(s.seed),
        picker(s.geometry, s.settings.picking, chance.next()),
        outbox(s.outbox != nullptr ? *s.outbox : own_outbox),
        listen_port(s.listen_port) {}

  core_settings settings;
  piece::geometry geometry;
  sha1_digest info_hash;
  rng chance;
  piece::picker picker;
  roster peers;
  ring<action> own_outbox;
  ring<action>& outbox;
  core_totals totals;
  rate_meter down, up;
  token_bucket upload_bucket, download_bucket;
  instant now{};
  bool running = false;
  bool disk_ok = true;
  /// How others see us, and where they may reach us: the port of it, 0 for nowhere.
  peer::outside_view outside;
  std::uint16_t listen_port = 0;
  /// We seed and say that we have nothing (BEP 16), until every piece is somewhere else.
  bool hiding = false;
  /// Blocks became free to be asked of others: idle peers should look again.
  bool look_again = false;
  /// Peers that hold a slot of ours.
  std::uint32_t unchoked = 0;
  /// The peers that we may ask, and some that we may not any more (`peer_state::askable`): those whom
  /// `look_again` is for.
  std::vector<peer_key> askable;
  /// What became ours since the start, in order. `peer_state::told` counts how much of it a peer knows; the
  /// rest goes with the next message to it, or at `haves_due`.
  std::vector<piece_index> gained;
  std::optional<instant> haves_due;

  bool complete() const { return picker.wanted_count() == 0; }

  template <class A>
  void emit(A a) {
    outbox.push_back(std::move(a));
  }
  void tell(peer_state& p, wire::message m) {
    p.last_sent = now;
    tell_gained(p);
    outbox.push_back(send{p.key, std::move(m)});
  }
  /// A `have` for each piece that `p` lacks and does not know to be ours. A seed is told of all: it deals
  /// first copies out, and when a peer goes it has to know which are elsewhere.
  void tell_gained(peer_state& p) {
    for (; p.told < gained.size(); ++p.told) {
      if (!p.has.test(gained[p.told]) || p.has.all()) {
        p.last_sent = now;
        outbox.push_back(send{p.key, wire::have{gained[p.told]}});
      }
    }
  }
  void now_askable(peer_state& p) {
    if (!p.askable) {
      p.askable = true;
      askable.push_back(p.key);
    }
  }
};

}  // namespace shoal::swarm
