#include "swarm/spreading.hpp"

#include <algorithm>

namespace shoal::swarm {

namespace {

/// A peer is advised of what it will ask for in the next second, at its rate, and of this much at least.
constexpr std::uint64_t advice_bytes_least = 1U << 20;
/// So many pieces, or so much where these are small, may wait to be asked for: half of what a peer of ours
/// remembers. What was asked for does not count: it may be long on its way, and who waits for it needs more.
constexpr std::size_t promised_least = 32;
constexpr std::size_t promised_most = 128;
constexpr std::size_t promised_bytes = 4U << 20;
/// No peer has this key.
constexpr peer_key nobody;

}  // namespace

std::size_t spreading::promised_max() const {
  return std::clamp(promised_bytes / s_.geometry.piece_length(), promised_least, promised_most);
}

/// Of those that others gave back, whole ones first: a begun one may yet come back with who began it.
std::optional<piece_index> spreading::next() {
  while (!returned_.empty()) {
    const auto p = returned_.back();
    returned_.pop_back();
    if (nobodys(p)) {
      return p;
    }
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
  while (!begun_.empty()) {
    const auto p = begun_.back();
    begun_.pop_back();
    if (s_.picker.availability(p) == 0) {
      return p;
    }
  }
  return std::nullopt;
}

bool spreading::nobodys(piece_index piece) const {
  return s_.picker.availability(piece) == 0 && meant_for_[piece.value()] == nobody;
}

bool spreading::takes_advice(const peer_state& p) const {
  const bool alone = s_.peers.size() == 1;  // then it may choose as it likes
  return s_.settings.advises && !alone && !p.we_choke && p.fast && !p.dropping && p.they_interested &&
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
  while (ahead < enough && p.promised.size() < promised_max()) {
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
  if (p.promised.size() < promised_max() && nobodys(b.piece)) {
    promise(p, b.piece);
  }
  const auto found = std::ranges::find(p.promised, b.piece, &peer::promise::piece);
  if (found == p.promised.end()) {
    return true;  // one copy is promised, and no more
  }
  found->begun = true;
  found->ahead -= std::min<std::uint64_t>(found->ahead, b.length);
  if (found->ahead == 0) {
    p.promised.erase(found);
  }
  advise(p);
  return false;
}

void spreading::got(peer_state& p, piece_index piece) {
  if (!meant_for_.empty() && meant_for_[piece.value()] == p.key) {
    meant_for_[piece.value()] = nobody;
    std::erase_if(p.promised, [&](const auto& one) { return one.piece == piece; });
    advise(p);
  }
}

void spreading::choked(peer_state& p, std::span<const block_ref> unsent) {
  for (const auto& b : unsent) {
    if (meant_for_.empty() || meant_for_[b.piece.value()] != p.key) {
      continue;
    }
    auto found = std::ranges::find(p.promised, b.piece, &peer::promise::piece);
    if (found == p.promised.end()) {
      found = p.promised.insert(found, {b.piece, 0, true});
    }
    found->ahead = std::min<std::uint64_t>(found->ahead + b.length, s_.geometry.piece_bytes(b.piece));
  }
  std::size_t kept = 0;
  std::erase_if(p.promised, [&](const auto& one) {
    const bool keep = one.begun && kept < promised_max();
    kept += keep ? 1 : 0;
    if (!keep) {
      meant_for_[one.piece.value()] = nobody;
    }
    auto& to = keep ? begun_ : returned_;
    if (std::ranges::find(to, one.piece) == to.end()) {
      to.push_back(one.piece);
    }
    return !keep;
  });
}

void spreading::left(peer_state& p) {
  p.promised.clear();
  for (std::uint32_t n = 0; n < meant_for_.size(); ++n) {
    if (meant_for_[n] == p.key) {
      returned_.emplace_back(n);
      meant_for_[n] = nobody;
    }
  }
}

}  // namespace shoal::swarm
