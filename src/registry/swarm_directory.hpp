#pragma once
// Swarms by info-hash. A swarm that nobody is in is kept for a while, for the count of its completions, and
// makes room earlier when a new one needs it.

#include <cstddef>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include <shoal/base/time.hpp>
#include <shoal/hash/digest.hpp>

#include "registry/keyed_hash.hpp"
#include "registry/swarm.hpp"

namespace shoal::registry {

class swarm_directory {
 public:
  /// An empty swarm is kept for `empty_max`.
  swarm_directory(keyed_hash hash, std::size_t swarms_max, duration empty_max)
      : by_hash_(0, digest_hash{hash}), swarms_max_(swarms_max), empty_max_(empty_max) {}

  std::size_t size() const { return by_hash_.size(); }
  swarm& operator[](swarm_slot s) { return swarms_[s.index()]; }
  const swarm& operator[](swarm_slot s) const { return swarms_[s.index()]; }
  /// By slot; those not `in_use` are free slots.
  std::span<const swarm> slots() const { return swarms_; }

  std::optional<swarm_slot> find(const sha1_digest& info_hash) const;
  /// The swarm of that name, made when it is new; nothing when there is no room.
  std::optional<swarm_slot> find_or_open(const sha1_digest& info_hash, instant now);
  /// Its last peer has left.
  void emptied(swarm_slot s, instant now);
  void forget_long_empty(instant now);

 private:
  struct digest_hash {
    keyed_hash hash;
    std::size_t operator()(const sha1_digest& d) const { return static_cast<std::size_t>(hash(d.view(), 0)); }
  };
  /// A swarm to look at again. Each stands here at most once, so that a peer that joins and leaves in a loop
  /// cannot make the queue grow; a new one stands here too, in case that nobody is ever put into it.
  struct lull {
    swarm_slot swarm;
    instant since;
  };

  void enqueue(swarm_slot s, instant now);
  void forget(swarm_slot s);
  void forget_one_empty();

  std::vector<swarm> swarms_;
  std::vector<swarm_slot> free_;
  boost::unordered_flat_map<sha1_digest, swarm_slot, digest_hash> by_hash_;
  std::deque<lull> lulls_;  // in order of `since`
  std::size_t swarms_max_;
  duration empty_max_;
};

}  // namespace shoal::registry
