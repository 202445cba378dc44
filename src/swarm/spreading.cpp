#include "swarm/spreading.hpp"

#include <algorithm>

namespace shoal::swarm {

namespace {

/// A peer is advised of what it will ask for in the next second, at its rate, and of this much at least.
constexpr std::uint64_t advice_bytes_least = 1U << 20;
/// Less than a peer of ours remembers.
constexpr std::size_t promised_max = 32;

}  // namespace

/// Of those that others gave back, whole ones first: a begun one may yet come back with who began it.
std::optional<piece_index> spreading::next() {
  const auto nobody_has = [&](piece_index p) { return s_.picker.availability(p) == 0; };
  const auto nobodys = [&](piece_index p) { return nobody_has(p) && meant_for_[p.value()] == peer_key(); };
  const auto newest_of = [](std::vector<piece_index>& from, const auto& good) -> std::optional<piece_index> {
    while (!from.empty()) {
      const auto p = from.back();
      from.pop_back();
      if (good(p)) {
        return p;
      }
    }
    return std::nullopt;
  };
  if (const auto p = newest_of(returned_, nobodys)) {
    return p;
  }
  if (order_.empty()) {
    for (std::uint32_t p = 0; p < s_.geometry.piece_count(); ++p) {
      order_.emplace_back(p);
    }
    s_.chance.shuffle(std::span(order_));
    meant_for_.resize(order_.size());
  }
  while (next_ < order_.size()) {
    const auto p = order_[next_++];
    if (nobodys(p)) {
      return p;
    }
  }
  return newest_of(begun_, nobody_has);
}

bool spreading::takes_advice(const peer_state& p) const {
  return s_.settings.advises && !p.we_choke && p.fast && !p.dropping && p.they_interested &&
         s_.picker.have().all();
}

void spreading::unchoked(peer_state& p) {
  if (takes_advice(p)) {
    for (const auto& kept : p.promised) {
      s_.tell(p, wire::suggest_piece{kept.piece});
    }
    advise(p);
  }
}

void spreading::advise(peer_state& p) {
  if (!takes_advice(p)) {
    return;
  }
  const auto per_second = static_cast<std::uint64_t>(p.up.bytes_per_s(s_.now));
  const std::uint64_t enough = std::max(advice_bytes_least, per_second);
  std::uint64_t ahead = 0;
  for (const auto& one : p.promised) {
    ahead += one.ahead;
  }
  while (ahead < enough && p.promised.size() < promised_max) {
    const auto piece = next();
    if (!piece) {
      return;
    }
    promise(p, *piece);
    ahead += p.promised.back().ahead;
    s_.tell(p, wire::suggest_piece{*piece});
  }
}

void spreading::promise(peer_state& p, piece_index piece) {
  p.promised.push_back({piece, s_.geometry.piece_bytes(piece)});
  meant_for_[piece.value()] = p.key;
}

bool spreading::requested(peer_state& p, const block_ref& b) {
  if (meant_for_.empty()) {
    return false;
  }
  if (s_.picker.availability(b.piece) == 0 && meant_for_[b.piece.value()] == peer_key()) {
    promise(p, b.piece);
  }
  const auto found = std::ranges::find(p.promised, b.piece, &peer::promise::piece);
  if (found == p.promised.end() || found->ahead == 0) {
    return true;  // one copy is promised, and no more
  }
  found->begun = true;
  found->ahead -= std::min<std::uint64_t>(found->ahead, b.length);
  advise(p);
  return false;
}

void spreading::got(peer_state& p, piece_index piece) {
  if (std::erase_if(p.promised, [&](const auto& one) { return one.piece == piece; }) > 0) {
    advise(p);
  }
}

void spreading::choked(peer_state& p) {
  std::erase_if(p.promised, [&](const auto& one) {
    auto& to = one.begun ? begun_ : returned_;
    if (!one.begun) {
      meant_for_[one.piece.value()] = peer_key();
    }
    if (std::ranges::find(to, one.piece) == to.end()) {
      to.push_back(one.piece);
    }
    return !one.begun;
  });
}

void spreading::left(peer_state& p) {
  for (const auto& one : p.promised) {
    returned_.push_back(one.piece);
    meant_for_[one.piece.value()] = peer_key();
  }
  p.promised.clear();
}

}  // namespace shoal::swarm
