#pragma once
// Swarms by info-hash. A swarm that nobody is in is kept for a while, for the count of its completions, and
// makes room earlier when a new one needs it.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include <boost/unordered/unordered_flat_set.hpp>

#include <shoal/hash/digest.hpp>

#include "registry/keyed_hash.hpp"
#include "registry/swarm.hpp"
#include "registry/ticks.hpp"

namespace shoal::registry {

class swarm_directory {
 public:
  swarm_directory(keyed_hash hash, std::size_t swarms_max)
      : by_hash_(0, slot_hash{this, hash}, slot_equal{this}), swarms_max_(swarms_max) {}
  swarm_directory(const swarm_directory&) = delete;
  swarm_directory& operator=(const swarm_directory&) = delete;

  std::size_t size() const { return by_hash_.size(); }
  swarm& operator[](swarm_slot s) { return swarms_[s.index()]; }
  const swarm& operator[](swarm_slot s) const { return swarms_[s.index()]; }
  /// By slot; those not `in_use` are free slots.
  std::span<swarm> slots() { return swarms_; }
  std::span<const swarm> slots() const { return swarms_; }

  std::optional<swarm_slot> find(const sha1_digest& info_hash) const;
  /// The swarm of that name, made when it is new; nothing when there is no room, or none but by taking more
  /// memory, and it may not. A new one must be given a
  /// peer or be said to be `emptied`.
  std::optional<swarm_slot> find_or_open(const sha1_digest& info_hash, bool may_grow);
  /// Of memory, without the swarms' peers.
  std::size_t bytes() const;
  /// Nobody is in it, or any more.
  void emptied(swarm_slot s, std::uint64_t tick);
  void forget_long_empty(std::uint64_t tick);

 private:
  // The index holds slots only; a slot's key is read from its swarm.
  struct slot_hash {
    using is_transparent = void;
    const swarm_directory* directory;
    keyed_hash hash;
    std::size_t operator()(const sha1_digest& d) const { return static_cast<std::size_t>(hash(d.view(), 0)); }
    std::size_t operator()(swarm_slot s) const { return (*this)((*directory)[s].info_hash); }
  };
  struct slot_equal {
    using is_transparent = void;
    const swarm_directory* directory;
    bool operator()(swarm_slot a, swarm_slot b) const { return a == b; }
    bool operator()(const sha1_digest& a, swarm_slot b) const { return a == (*directory)[b].info_hash; }
    bool operator()(swarm_slot a, const sha1_digest& b) const { return (*directory)[a].info_hash == b; }
  };
  /// A swarm to look at again. Each stands here at most once, so that a peer that joins and leaves in a loop
  /// cannot make the queue grow.
  struct lull {
    swarm_slot swarm;
    std::uint8_t since;
  };

  void enqueue(swarm_slot s, std::uint64_t tick);
  void forget(swarm_slot s);
  void forget_one_empty();

  std::vector<swarm> swarms_;
  std::vector<swarm_slot> free_;
  boost::unordered_flat_set<swarm_slot, slot_hash, slot_equal> by_hash_;
  std::deque<lull> lulls_;  // in order of `since`
  std::size_t swarms_max_;
};

}  // namespace shoal::registry
