#include "registry/swarm_directory.hpp"

#include <cassert>

namespace shoal::registry {

std::optional<swarm_slot> swarm_directory::find(const sha1_digest& info_hash) const {
  const auto found = by_hash_.find(info_hash);
  return found == by_hash_.end() ? std::nullopt : std::optional(*found);
}

std::optional<swarm_slot> swarm_directory::find_or_open(const sha1_digest& info_hash, bool may_grow) {
  if (const auto known = find(info_hash)) {
    return known;
  }
  const auto is_full = [&] { return size() >= swarms_max_ || (!may_grow && free_.empty()); };
  if (is_full()) {
    forget_one_empty();
  }
  if (is_full()) {
    return std::nullopt;
  }
  swarm_slot slot;
  if (free_.empty()) {
    slot = swarm_slot(static_cast<std::uint32_t>(swarms_.size()));
    swarms_.emplace_back();
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  swarm& s = swarms_[slot.index()];
  s.info_hash = info_hash;
  s.in_use = true;
  by_hash_.insert(slot);
  return slot;
}

std::size_t swarm_directory::bytes() const {
  constexpr std::size_t index_bytes = sizeof(swarm_slot) + 1;
  return swarms_.capacity() * sizeof(swarm) + by_hash_.bucket_count() * index_bytes +
         free_.capacity() * sizeof(swarm_slot) + lulls_.size() * sizeof(lull);
}

void swarm_directory::emptied(swarm_slot s, std::uint64_t tick) {
  swarms_[s.index()].six.reset();
  swarms_[s.index()].emptied = kept(tick);
  if (!swarms_[s.index()].queued) {
    enqueue(s, tick);
  }
}

void swarm_directory::enqueue(swarm_slot s, std::uint64_t tick) {
  swarms_[s.index()].queued = true;
  lulls_.push_back({s, kept(tick)});
}

void swarm_directory::forget_long_empty(std::uint64_t tick) {
  while (!lulls_.empty() && is_too_old(lulls_.front().since, tick)) {
    const swarm_slot slot = lulls_.front().swarm;
    lulls_.pop_front();
    swarm& s = swarms_[slot.index()];
    s.queued = false;
    if (s.size() != 0) {
      continue;  // it will be queued when its last peer leaves
    }
    if (is_too_old(s.emptied, tick)) {
      forget(slot);
    } else {  // somebody was in it meanwhile
      enqueue(slot, tick);
    }
  }
}

void swarm_directory::forget_one_empty() {
  while (!lulls_.empty()) {
    const swarm_slot slot = lulls_.front().swarm;
    lulls_.pop_front();
    swarms_[slot.index()].queued = false;
    if (swarms_[slot.index()].size() == 0) {
      forget(slot);
      return;
    }
  }
}

void swarm_directory::forget(swarm_slot slot) {
  swarm& s = swarms_[slot.index()];
  assert(s.in_use && s.size() == 0 && !s.queued);
  by_hash_.erase(slot);
  free_.push_back(slot);
  s = swarm{};
}

}  // namespace shoal::registry
