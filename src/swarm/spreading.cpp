#include "swarm/spreading.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace shoal::swarm {

namespace {

/// A peer is advised of what it will ask for in the next second, at its rate, and of this much at least.
constexpr std::uint64_t advice_bytes_least = 1U << 20;
/// So many pieces, or so much where these are small, may wait to be asked for: half of what a peer of ours
/// remembers. What was asked for does not count: it may be long on its way, and who waits for it needs more.
constexpr std::size_t promised_least = 32;
constexpr std::size_t promised_most = 128;
constexpr std::size_t promised_bytes = 4U << 20;
/// While others wait, who was unchoked gets one piece, or what our uplink takes in this time: the sooner
/// everybody has something that nobody else has, the sooner all uplinks are of use.
constexpr double share_seconds = 0.02;
/// A super seeder lets a peer owe so much of its rate: what is on its way to it, and from it to others.
constexpr std::uint64_t owed_seconds = 2;
/// Then a debt is forgiven, and a piece that has not come is meant for others too, once nothing else is left.
constexpr duration debt_lasts = std::chrono::seconds(30);
/// Pieces that a peer is shown at a time when the hiding is over.
constexpr std::size_t shown_at_once = 256;
/// No peer has this key.
constexpr peer_key nobody;

/// Once.
void add(piece_index piece, std::vector<piece_index>& to) {
  if (std::ranges::find(to, piece) == to.end()) {
    to.push_back(piece);
  }
}

}  // namespace

void spreading::joined(peer_state& p) {
  if (!p.fast) {
    advise(p);  // one that speaks BEP 6 tells first what it has
  }
}

std::size_t spreading::promised_max() const {
  return std::clamp(promised_bytes / s_.geometry.piece_length(), promised_least, promised_most);
}

/// Of those that others gave back, whole ones first: a begun one may yet come back with who began it.
std::optional<piece_index> spreading::next(bool served) {
  if (order_.empty()) {
    for (std::uint32_t p = 0; p < s_.geometry.piece_count(); ++p) {
      order_.emplace_back(p);
    }
    s_.chance.shuffle(std::span(order_));
    meant_for_.resize(order_.size());
    owed_by_.resize(order_.size());
  }
  while (!returned_.empty()) {
    const auto p = returned_.back();
    returned_.pop_back();
    if (nobodys(p)) {
      return p;
    }
  }
  while (next_ < order_.size()) {
    const auto p = order_[next_++];
    if (nobodys(p)) {
      return p;
    }
  }
  while (served && !parked_.empty()) {
    const auto p = parked_.back();
    parked_.pop_back();
    if (take_back(p)) {
      return p;
    }
  }
  while ((idle_ || !s_.hiding) && served && !begun_.empty()) {
    const auto p = begun_.back();
    begun_.pop_back();
    if (s_.picker.availability(p) == 0) {
      return p;
    }
  }
  return std::nullopt;
}

/// From one that was shown it and still waits to be served.
bool spreading::take_back(piece_index piece) {
  peer_state* const p = s_.peers.find(meant_for_[piece.value()]);
  if (p == nullptr || !p->we_choke || s_.picker.availability(piece) > 0) {
    return false;
  }
  const auto kept = std::ranges::find(p->promised, piece, &peer::promise::piece);
  if (kept == p->promised.end() || kept->begun) {
    return false;
  }
  p->promised.erase(kept);
  return true;
}

bool spreading::nobodys(piece_index piece) const {
  return s_.picker.availability(piece) == 0 && meant_for_[piece.value()] == nobody;
}

bool spreading::is_alone() const {
  return s_.peers.size() == 1;
}

bool spreading::takes_advice(const peer_state& p) const {
  if (s_.hiding) {
    return p.shown && !p.dropping;
  }
  // A lone peer may choose as it likes.
  return s_.settings.advises && !is_alone() && !p.we_choke && p.fast && !p.dropping && p.they_interested &&
         s_.picker.have().all();
}

void spreading::unchoked(peer_state& p) {
  p.dealt_bytes = 0;
  if (takes_advice(p)) {
    for (const auto& kept : p.promised) {
      tell(p, kept.piece);
    }
    advise(p);
  }
}

bool spreading::has_its_share(const peer_state& p) const {
  if (p.dealt_bytes == 0 || s_.hiding || !s_.settings.lends_slots || !takes_advice(p)) {
    return false;
  }
  const auto share = std::max<std::uint64_t>(
      s_.geometry.piece_length(), static_cast<std::uint64_t>(share_seconds * s_.up.bytes_per_s(s_.now)));
  return p.dealt_bytes >= share &&
         s_.peers.any_of([](const peer_state& other) { return other.we_choke && other.they_interested; });
}

/// How much may be meant for it that it has not asked for or, while hiding, not passed on.
std::uint64_t spreading::enough_for(peer_state& p) const {
  const auto per_second = static_cast<std::uint64_t>(p.up.bytes_per_s(s_.now));
  if (!s_.hiding || is_alone()) {
    return std::max(advice_bytes_least, per_second);
  }
  if (p.we_choke) {
    return 1;  // one piece, so that it wants something
  }
  // Two pieces at least: while one is passed on the other comes.
  return std::max(
      {advice_bytes_least, owed_seconds * per_second, std::uint64_t{s_.geometry.piece_length()} + 1});
}

void spreading::advise(peer_state& p) {
  if (!takes_advice(p)) {
    return;
  }
  const std::uint64_t enough = enough_for(p);
  std::uint64_t ahead = 0;
  if (s_.hiding && !is_alone()) {
    ahead = p.owed_bytes;
  } else {
    for (const auto& one : p.promised) {
      ahead += one.ahead;
    }
  }
  while (ahead < enough && p.promised.size() < promised_max() && !has_its_share(p)) {
    const auto piece = next(!p.we_choke);
    if (!piece) {
      return;
    }
    promise(p, *piece);
    ahead += p.promised.back().ahead;
    tell(p, *piece);
  }
}

void spreading::tell(peer_state& p, piece_index piece) {
  if (!s_.hiding) {
    s_.tell(p, wire::suggest_piece{piece});
  } else if (p.shown->set(piece)) {
    s_.tell(p, wire::have{piece});
  }
}

void spreading::promise(peer_state& p, piece_index piece) {
  p.promised.push_back({piece, s_.geometry.piece_bytes(piece)});
  p.dealt_bytes += s_.geometry.piece_bytes(piece);
  meant_for_[piece.value()] = p.key;
  if (s_.hiding) {
    settle_debt(piece);
    owed_by_[piece.value()] = p.key;
    p.owed_bytes += s_.geometry.piece_bytes(piece);
    debts_.push_back({s_.now, piece, p.key});
    if (p.we_choke) {
      parked_.push_back(piece);
    }
  }
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
  if (meant_for_.empty()) {
    return;
  }
  if (meant_for_[piece.value()] == p.key) {
    meant_for_[piece.value()] = nobody;
    std::erase_if(p.promised, [&](const auto& one) { return one.piece == piece; });
    advise(p);
  }
  if (s_.hiding) {
    seen(piece, p);
    end_hiding_if_whole();
  }
}

void spreading::got_all(peer_state& p) {
  if (!s_.hiding) {
    return;
  }
  if (!meant_for_.empty()) {
    p.has.for_each([&](piece_index piece) {
      if (s_.hiding) {
        got(p, piece);
      }
    });
  }
  end_hiding_if_whole();
  if (s_.hiding) {
    advise(p);
  }
}

/// At somebody else than who was shown it: then that one has passed it on.
void spreading::seen(piece_index piece, const peer_state& at) {
  const peer_key debtor = owed_by_[piece.value()];
  if (debtor == nobody || (debtor == at.key && s_.picker.availability(piece) < 2)) {
    return;
  }
  settle_debt(piece);
  if (peer_state* const p = s_.peers.find(debtor)) {
    advise(*p);
  }
}

void spreading::settle_debt(piece_index piece) {
  const peer_key debtor = std::exchange(owed_by_[piece.value()], nobody);
  if (peer_state* const p = s_.peers.find(debtor)) {
    p->owed_bytes -= s_.geometry.piece_bytes(piece);
  }
}

/// Also when another seeder comes.
void spreading::end_hiding_if_whole() {
  if (!s_.hiding || s_.picker.distributed_copies() < 1) {
    return;
  }
  s_.hiding = false;
  debts_.clear();
  parked_ = {};
  s_.peers.for_each([&](peer_state& p) { show_rest(p); });
}

void spreading::show_rest(peer_state& p) {
  std::size_t told = 0;
  for (piece_index piece(0); p.shown && s_.geometry.contains(piece); ++piece) {
    if (p.shown->test(piece)) {
      continue;
    }
    if (told == shown_at_once) {
      return;  // the others in the next second
    }
    p.shown->set(piece);
    if (!p.has.test(piece)) {
      s_.tell(p, wire::have{piece});
      ++told;
    }
  }
  p.shown.reset();
}

void spreading::sweep(bool idle) {
  if (!s_.settings.super_seed) {
    return;
  }
  idle_ = idle;
  if (s_.hiding && idle) {
    returned_.clear();
    std::copy_if(order_.begin(), order_.begin() + static_cast<std::ptrdiff_t>(next_),
                 std::back_inserter(returned_),
                 [&](piece_index p) { return nobodys(p); });  // who had it left, or lost it
  }
  for (std::size_t n = debts_.size(); n > 0 && s_.now - debts_.front().since > debt_lasts; --n) {
    debt old = debts_.front();
    debts_.pop_front();
    if (owed_by_[old.piece.value()] != old.debtor) {
      continue;
    }
    if (meant_for_[old.piece.value()] == old.debtor) {  // it has not come yet
      add(old.piece, begun_);
      old.since = s_.now;
      debts_.push_back(old);
    } else {
      settle_debt(old.piece);
    }
  }
  s_.peers.for_each([&](peer_state& p) {
    if (s_.hiding) {
      advise(p);  // something may have come back that is for it
    } else {
      show_rest(p);
    }
  });
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
      forgive(p, one.piece);
    }
    add(one.piece, keep ? begun_ : returned_);
    return !keep;
  });
}

void spreading::forgive(const peer_state& p, piece_index piece) {
  if (owed_by_[piece.value()] == p.key) {
    settle_debt(piece);
  }
}

void spreading::left(peer_state& p) {
  p.promised.clear();
  for (std::uint32_t n = 0; n < meant_for_.size(); ++n) {
    forgive(p, piece_index(n));
    if (meant_for_[n] == p.key) {
      returned_.emplace_back(n);
      meant_for_[n] = nobody;
    }
  }
}

}  // namespace shoal::swarm
