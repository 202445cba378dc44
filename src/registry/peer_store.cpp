#include "registry/peer_store.hpp"

#include <cassert>

namespace shoal::registry {

std::size_t peer_store::slot_hash::operator()(const key& k) const {
  const std::uint64_t place = std::uint64_t{k.swarm.value()} << 16 | k.endpoint.port;
  return static_cast<std::size_t>(hash(k.endpoint.address.bytes(), place));
}

std::optional<peer_slot> peer_store::find(swarm_slot swarm, const endpoint& e) const {
  const auto found = index_.find(key{swarm, e});
  return found == index_.end() ? std::nullopt : std::optional(*found);
}

peer_slot peer_store::add(swarm_slot swarm, const endpoint& e, instant now) {
  peer_slot s;
  if (free_.empty()) {
    s = peer_slot(static_cast<std::uint32_t>(records_.size()));
    records_.emplace_back();
  } else {
    s = free_.back();
    free_.pop_back();
  }
  peer_record& p = records_[s.index()];
  p = {};
  p.endpoint = e;
  p.swarm = swarm;
  p.heard = now;
  const bool is_new = index_.insert(s).second;
  assert(is_new);
  static_cast<void>(is_new);
  link_last(s);
  return s;
}

void peer_store::touch(peer_slot s, instant now) {
  unlink(s);
  records_[s.index()].heard = now;
  link_last(s);
}

void peer_store::remove(peer_slot s) {
  unlink(s);
  index_.erase(s);
  free_.push_back(s);
}

std::optional<peer_slot> peer_store::oldest() const {
  return first_ == no_peer ? std::nullopt : std::optional(first_);
}

void peer_store::link_last(peer_slot s) {
  peer_record& p = records_[s.index()];
  p.earlier = last_;
  p.later = no_peer;
  (last_ == no_peer ? first_ : records_[last_.index()].later) = s;
  last_ = s;
}

void peer_store::unlink(peer_slot s) {
  const peer_record& p = records_[s.index()];
  (p.earlier == no_peer ? first_ : records_[p.earlier.index()].later) = p.later;
  (p.later == no_peer ? last_ : records_[p.later.index()].earlier) = p.earlier;
}

}  // namespace shoal::registry
