#pragma once
// Looks for silent peers, once a tick, swarm after swarm and in steps of any size. Peers that come and go
// between two steps may make it miss one, which it finds a tick later.

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "registry/keyed_hash.hpp"
#include "registry/swarm_directory.hpp"
#include "registry/ticks.hpp"

namespace shoal::registry {

class sweep {
 public:
  explicit sweep(keyed_hash hash) : hash_(hash) {}

  /// The tick of the last round that was begun.
  std::uint64_t round() const { return round_; }

  /// Calls `forget(swarm, record, gives)` before a peer goes, `emptied(slot)` when a swarm's last one went,
  /// and `freed(bytes)`. False when there is more to do.
  template <class Forget, class Emptied, class Freed>
  bool step(swarm_directory& swarms, std::uint64_t tick, std::size_t places_max, Forget forget,
            Emptied emptied, Freed freed) {
    if (!under_way_ && round_ == tick) {
      return true;
    }
    if (!under_way_) {
      under_way_ = true;
      round_ = tick;
      slot_ = 0;
      table_ = 0;
    }
    while (places_max > 0 && slot_ < swarms.slots().size()) {
      swarm& s = swarms.slots()[slot_];
      if (s.size() == 0 || (table_ == 0 && place_ == 0 && !is_too_old(s.oldest, tick))) {
        next_swarm();
        --places_max;
        continue;
      }
      const auto on_peer = [&](const auto& peer) {
        const bool gone = is_too_old(peer.heard, tick);
        if (gone) {
          forget(s, peer, table_ % 2 == 0);
        } else if (age(peer.heard, tick) > age(oldest_, tick)) {
          oldest_ = peer.heard;
        }
        return gone;
      };
      const std::size_t bytes_before = s.bytes();
      const bool seen = look_at(s, tick, places_max, on_peer);
      if (seen && s.six && s.six->size() == 0) {
        s.six.reset();
      }
      freed(bytes_before - s.bytes());
      if (!seen) {
        in_steps_ = true;
        return false;
      }
      // Between steps peers may have moved to where it had looked before, so then nothing is known of the
      // oldest.
      s.oldest = in_steps_ ? kept(tick - silence_ticks) : oldest_;
      if (s.size() == 0) {
        emptied(swarm_slot(static_cast<std::uint32_t>(slot_)));
      }
      next_swarm();
    }
    under_way_ = slot_ < swarms.slots().size();
    return !under_way_;
  }

 private:
  /// All tables of the swarm, those of givers at the even places, from where it stopped. False when
  /// `places_max` did not suffice.
  template <class OnPeer>
  bool look_at(swarm& s, std::uint64_t tick, std::size_t& places_max, OnPeer on_peer) {
    if (table_ == 0 && place_ == 0) {
      oldest_ = kept(tick);
    }
    for (; table_ < 4; ++table_, place_ = 0) {
      const bool done = table_ < 2 ? look_at(s.four.of(table_ == 0), places_max, on_peer)
                                   : !s.six || look_at(s.six->of(table_ == 2), places_max, on_peer);
      if (!done) {
        return false;
      }
    }
    return true;
  }

  template <std::size_t AddressBytes, class OnPeer>
  bool look_at(peer_table<AddressBytes>& t, std::size_t& places_max, OnPeer on_peer) {
    const std::uint32_t capacity = static_cast<std::uint32_t>(t.places().size());
    if (place_ != 0 && capacity != capacity_) {
      place_ = 0;  // it was laid out anew
    }
    capacity_ = capacity;
    while (place_ < capacity) {
      if (places_max == 0) {
        return false;
      }
      const auto count = static_cast<std::uint32_t>(std::min<std::size_t>(places_max, capacity - place_));
      const std::uint32_t from = place_;
      const std::uint32_t size_before = t.size();
      place_ = t.sweep(from, count, hash_, on_peer);
      places_max -= (place_ - from) + (size_before - t.size());
    }
    t.shrink(hash_);
    return true;
  }

  void next_swarm() {
    ++slot_;
    table_ = 0;
    place_ = 0;
    in_steps_ = false;
  }

  keyed_hash hash_;
  std::uint64_t round_ = 0;
  bool under_way_ = false;
  bool in_steps_ = false;  // this swarm takes more than one step
  std::size_t slot_ = 0;
  unsigned table_ = 0;
  std::uint32_t place_ = 0, capacity_ = 0;
  std::uint8_t oldest_ = 0;  // of this swarm's peers that were looked at
};

}  // namespace shoal::registry
