#include "swarm/spreading.hpp"

#include <algorithm>

namespace shoal::swarm {

namespace {

/// A peer is advised of what it will ask for in the next second, at its rate, and of this much at least.
constexpr std::uint64_t advice_bytes_least = 1U << 20;
/// Less than a peer of ours remembers.
constexpr std::size_t promised_max = 32;

}  // namespace

std::optional<piece_index> spreading::next() {
  const auto nobody_has = [&](piece_index p) { return s_.picker.availability(p) == 0; };
  while (!returned_.empty()) {
    const auto p = returned_.back();
    returned_.pop_back();
    if (nobody_has(p)) {
      return p;
    }
  }
  if (order_.empty()) {
    for (std::uint32_t p = 0; p < s_.geometry.piece_count(); ++p) {
      order_.emplace_back(p);
    }
    s_.chance.shuffle(std::span(order_));
  }
  while (next_ < order_.size()) {
    const auto p = order_[next_++];
    if (nobody_has(p)) {
      return p;
    }
  }
  return std::nullopt;
}

void spreading::advise(peer_state& p) {
  if (p.we_choke || !p.fast || p.dropping || !p.they_interested || !s_.picker.have().all()) {
    return;
  }
  const auto per_second = static_cast<std::uint64_t>(p.up.bytes_per_s(s_.now));
  const std::uint64_t enough = std::max(advice_bytes_least, per_second);
  while (p.promised_ahead < enough && p.promised.size() < promised_max) {
    const auto piece = next();
    if (!piece) {
      return;
    }
    p.promised.push_back(*piece);
    p.promised_ahead += s_.geometry.piece_bytes(*piece);
    s_.tell(p, wire::suggest_piece{*piece});
  }
}

void spreading::requested(peer_state& p, const block_ref& b) {
  if (std::find(p.promised.begin(), p.promised.end(), b.piece) != p.promised.end()) {
    p.promised_ahead -= std::min<std::uint64_t>(p.promised_ahead, b.length);
    advise(p);
  }
}

void spreading::forsaken(peer_state& p) {
  returned_.insert(returned_.end(), p.promised.begin(), p.promised.end());
  p.promised.clear();
  p.promised_ahead = 0;
}

}  // namespace shoal::swarm
