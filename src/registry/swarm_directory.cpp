#include "registry/swarm_directory.hpp"

#include <cassert>
#include <cstdint>

namespace shoal::registry {

std::optional<swarm_slot> swarm_directory::find(const sha1_digest& info_hash) const {
  const auto found = by_hash_.find(info_hash);
  return found == by_hash_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<swarm_slot> swarm_directory::find_or_open(const sha1_digest& info_hash, instant now) {
  if (const auto known = find(info_hash)) {
    return known;
  }
  if (size() >= swarms_max_) {
    forget_one_empty();
  }
  if (size() >= swarms_max_) {
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
  by_hash_.emplace(info_hash, slot);
  emptied(slot, now);
  return slot;
}

void swarm_directory::emptied(swarm_slot s, instant now) {
  swarms_[s.index()].emptied = now;
  if (!swarms_[s.index()].queued) {
    enqueue(s, now);
  }
}

void swarm_directory::enqueue(swarm_slot s, instant now) {
  swarms_[s.index()].queued = true;
  lulls_.push_back({s, now});
}

void swarm_directory::forget_long_empty(instant now) {
  while (!lulls_.empty() && lulls_.front().since + empty_max_ <= now) {
    const swarm_slot slot = lulls_.front().swarm;
    lulls_.pop_front();
    swarm& s = swarms_[slot.index()];
    s.queued = false;
    if (s.count() != 0) {
      continue;  // it will be queued when its last peer leaves
    }
    if (s.emptied + empty_max_ <= now) {
      forget(slot);
    } else {  // somebody was in it meanwhile
      enqueue(slot, now);
    }
  }
}

void swarm_directory::forget_one_empty() {
  while (!lulls_.empty()) {
    const swarm_slot slot = lulls_.front().swarm;
    lulls_.pop_front();
    swarms_[slot.index()].queued = false;
    if (swarms_[slot.index()].count() == 0) {
      forget(slot);
      return;
    }
  }
}

void swarm_directory::forget(swarm_slot slot) {
  swarm& s = swarms_[slot.index()];
  assert(s.in_use && s.count() == 0 && !s.queued);
  by_hash_.erase(s.info_hash);
  free_.push_back(slot);
  s = swarm{};
}

}  // namespace shoal::registry
