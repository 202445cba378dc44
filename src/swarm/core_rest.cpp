// Rest: what is kept of a torrent's brain while there is nothing to do but to announce.

#include <cassert>
#include <utility>

#include "swarm/core_parts.hpp"

namespace shoal::swarm {

torrent_core::parts::parts(core_setup setup, core_at_rest rested) : parts(std::move(setup)) {
  assert(told_complete);
  schedule = std::move(rested.schedule);
  s.totals = rested.totals;
  s.chance = rested.chance;
  s.running = true;
}

/// Nobody is here and nobody is to be met, so what is dropped beside them are queues that are empty and
/// allowances that are full again. A ban outlasts its peer, and so does what a super seeder shows.
bool torrent_core::parts::may_rest(instant now) {
  return s.running && s.disk_ok && s.picker.have().all() && !s.settings.super_seed && s.peers.empty() &&
         s.outbox.empty() && !s.haves_due && links.knows_nobody() && s.down.bytes_per_s(now) == 0 &&
         s.up.bytes_per_s(now) == 0;
}

torrent_core::torrent_core(core_setup setup, core_at_rest rested)
    : parts_(std::make_unique<parts>(std::move(setup), std::move(rested))) {}

bool torrent_core::may_rest(instant now) const {
  return parts_->may_rest(now);
}

core_at_rest torrent_core::rest() && {
  const auto p = std::move(parts_);
  return {std::move(p->schedule), p->s.totals, p->s.chance};
}

}  // namespace shoal::swarm
