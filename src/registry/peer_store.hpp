#pragma once
// Every peer of every swarm, in one pool: found by swarm and address in O(1), kept in the order in which they
// were last heard from, so that the silent ones stand in front. A slot is valid until `remove`.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include <boost/unordered/unordered_flat_set.hpp>

#include <shoal/base/endpoint.hpp>
#include <shoal/base/strong.hpp>
#include <shoal/base/time.hpp>
#include <shoal/hash/digest.hpp>

#include "registry/keyed_hash.hpp"

namespace shoal::registry {

using swarm_slot = strong_index<struct swarm_slot_tag>;
using peer_slot = strong_index<struct peer_slot_tag>;
inline constexpr peer_slot no_peer{std::numeric_limits<std::uint32_t>::max()};

enum class role : std::uint8_t { leecher, seeder };

struct peer_record {
  shoal::endpoint endpoint;  ///< with the swarm, its identity
  shoal::peer_id id;
  swarm_slot swarm;
  std::uint32_t position = 0;  ///< in its swarm's array
  registry::role role = role::leecher;
  bool completed = false;  ///< its `completed` event has been counted
  instant heard;
  peer_slot earlier = no_peer, later = no_peer;  ///< neighbours in the order of `heard`
};

class peer_store {
 public:
  explicit peer_store(keyed_hash hash) : index_(0, slot_hash{this, hash}, slot_equal{this}) {}
  peer_store(const peer_store&) = delete;
  peer_store& operator=(const peer_store&) = delete;

  std::size_t size() const { return index_.size(); }
  peer_record& operator[](peer_slot s) { return records_[s.index()]; }
  const peer_record& operator[](peer_slot s) const { return records_[s.index()]; }

  std::optional<peer_slot> find(swarm_slot swarm, const endpoint& e) const;
  /// A new peer, last in the order. It must not be there yet.
  peer_slot add(swarm_slot swarm, const endpoint& e, instant now);
  /// Heard from: moves it to the end of the order.
  void touch(peer_slot s, instant now);
  void remove(peer_slot s);
  /// The peer silent for longest.
  std::optional<peer_slot> oldest() const;

 private:
  struct key {
    swarm_slot swarm;
    const shoal::endpoint& endpoint;
  };
  // The index holds slots only; a slot's key is read from its record.
  struct slot_hash {
    using is_transparent = void;
    const peer_store* store;
    keyed_hash hash;
    std::size_t operator()(const key& k) const;
    std::size_t operator()(peer_slot s) const { return (*this)(store->key_of(s)); }
  };
  struct slot_equal {
    using is_transparent = void;
    const peer_store* store;
    bool operator()(peer_slot a, peer_slot b) const { return a == b; }
    bool operator()(peer_slot a, const key& b) const { return same(store->key_of(a), b); }
    bool operator()(const key& a, peer_slot b) const { return same(a, store->key_of(b)); }
    static bool same(const key& a, const key& b) { return a.swarm == b.swarm && a.endpoint == b.endpoint; }
  };

  key key_of(peer_slot s) const { return {records_[s.index()].swarm, records_[s.index()].endpoint}; }
  void link_last(peer_slot s);
  void unlink(peer_slot s);

  std::vector<peer_record> records_;
  std::vector<peer_slot> free_;
  peer_slot first_ = no_peer, last_ = no_peer;
  boost::unordered_flat_set<peer_slot, slot_hash, slot_equal> index_;
};

}  // namespace shoal::registry
