#include "swarm/uploads.hpp"

#include <algorithm>
#include <cassert>
#include <vector>

namespace shoal::swarm {

namespace {

/// What is loaded ahead for one peer: a quarter of a second at its rate, so that a choke or a cancel finds
/// most of the queue unsent, within bounds that keep a fast connection busy.
constexpr std::uint64_t ahead_least = 512U << 10;
constexpr std::uint64_t ahead_most = 4U << 20;

/// Blocks that a peer gets in its turn: they are read with one call and written with another.
constexpr std::uint32_t blocks_per_turn = 4;

/// BEP 6: the allowed-fast set is for starting peers.
constexpr std::size_t starting_pieces = 10;

}  // namespace

void uploads::interested(peer_state& p) {
  p.they_interested = true;
  std::uint32_t taken = 0;
  s_.peers.for_each([&](const peer_state& other) { taken += other.we_choke ? 0 : 1; });
  if (p.we_choke && taken < slots()) {
    unchoke(p);  // a free slot is not left empty until the next round
  }
}

void uploads::not_interested(peer_state& p) {
  p.they_interested = false;
}

std::uint32_t uploads::slots() {
  if (s_.settings.choking.rule == peer::choke_rule::nobody) {
    return 0;
  }
  if (s_.settings.upload_slots != 0) {
    return s_.settings.upload_slots;
  }
  const bool limited = s_.settings.upload_bytes_per_s != 0;
  const double rate =
      limited ? static_cast<double>(s_.settings.upload_bytes_per_s) : s_.up.bytes_per_s(s_.now);
  return peer::slots_for_rate(rate, limited);
}

void uploads::unchoke(peer_state& p) {
  p.we_choke = false;
  p.unchoked_at = s_.now;
  spreading_.advise(p);  // first: an unchoke is answered with requests at once
  s_.tell(p, wire::unchoke{});
}

void uploads::choke(peer_state& p) {
  p.we_choke = true;
  s_.tell(p, wire::choke{});
  spreading_.forsaken(p);
  for (const auto& b : p.uploads.take_all()) {
    if (p.fast) {
      s_.tell(p, wire::reject_request{b});  // BEP 6: choke first, then reject each
    }
  }
}

void uploads::refuse(peer_state& p, const block_ref& b) {
  if (p.fast) {
    s_.tell(p, wire::reject_request{b});
  }
}

void uploads::requested(peer_state& p, const block_ref& b) {
  if (!s_.geometry.contains(b)) {
    connections_.violation(p, "request beyond the piece");
    return;
  }
  if (b.length > s_.geometry.block_length()) {
    connections_.violation(p, "request for more than 16 KiB");
    return;
  }
  if (!s_.picker.have().test(b.piece)) {
    connections_.oddity(p, "requests for pieces that we never offered");
    refuse(p, b);
    return;
  }
  const bool allowed =
      !p.we_choke || (p.has.count() < starting_pieces &&
                      std::find(p.allows_fast.begin(), p.allows_fast.end(), b.piece) != p.allows_fast.end());
  if (!allowed || !p.uploads.push(b)) {
    refuse(p, b);
    return;
  }
  spreading_.requested(p, b);
  if (!p.asking) {
    p.asking = true;
    asking_.push_back(p.key);
  }
}

void uploads::cancelled(peer_state& p, const block_ref& b) {
  if (p.uploads.cancel(b)) {
    refuse(p, b);  // BEP 6: a cancelled request is still answered, by the block or by a reject
  } else if (p.upload_ahead > 0) {
    s_.emit(unsend{p.key, b});
  }
}

void uploads::unsent(peer_state& p, const block_ref& b) {
  not_needed(p, b);
  refuse(p, b);
}

/// What was reserved for a block that does not go out.
void uploads::not_needed(peer_state& p, const block_ref& b) {
  p.upload_ahead -= b.length;
  ahead_ -= b.length;
  s_.upload_bucket.give_back(b.length);
}

std::uint64_t uploads::ahead_max(peer_state& p) const {
  return std::clamp(static_cast<std::uint64_t>(p.up.bytes_per_s(s_.now) / 4), ahead_least, ahead_most);
}

bool uploads::may_take(peer_state& p) const {
  return !p.uploads.idle() && p.upload_ahead < ahead_max(p);
}

void uploads::take_one(peer_state& p) {
  const auto b = p.uploads.start_load();
  s_.upload_bucket.take(b.length);
  p.upload_ahead += b.length;
  ahead_ += b.length;
  s_.emit(load{p.key, b});
}

void uploads::pump() {
  held_up_ = false;
  std::erase_if(asking_, [&](peer_key key) {
    peer_state* const p = s_.peers.find(key);
    const bool goes = p == nullptr || p->dropping || p->uploads.idle();
    if (goes && p != nullptr) {
      p->asking = false;
    }
    return goes;
  });
  std::size_t passed_over = 0;
  while (passed_over < asking_.size() && ahead_ < s_.settings.upload_ahead_bytes_max) {
    if (!s_.upload_bucket.ready(s_.now)) {
      held_up_ = true;
      return;
    }
    peer_state& p = *s_.peers.find(asking_[turn_++ % asking_.size()]);
    std::uint32_t taken = 0;
    while (taken < blocks_per_turn && may_take(p) && s_.upload_bucket.ready(s_.now)) {
      take_one(p);
      ++taken;
    }
    passed_over = taken > 0 ? 0 : passed_over + 1;
  }
}

void uploads::loaded(const block_loaded& e, std::uint32_t nth) {
  peer_state* const p = s_.peers.find(e.key);
  if (p == nullptr) {
    return;  // `left` has settled it
  }
  const bool wanted = p->uploads.finish_load(e.block) && !p->dropping;
  if (wanted && e.ok) {
    p->last_sent = s_.now;
    s_.emit(upload{nth, e.key, e.block});
    return;
  }
  not_needed(*p, e.block);
  if (wanted) {
    refuse(*p, e.block);
  }
}

void uploads::sent(peer_state& p, std::uint64_t bytes) {
  bytes = std::min(bytes, p.upload_ahead);
  p.upload_ahead -= bytes;
  ahead_ -= bytes;
  p.up.add(s_.now, bytes);
  s_.up.add(s_.now, bytes);
  s_.totals.uploaded += bytes;
}

void uploads::left(peer_state& p) {
  spreading_.forsaken(p);
  ahead_ -= p.upload_ahead;
}

void uploads::round_if_due() {
  if (s_.now < next_round_) {
    return;
  }
  next_round_ = s_.now + choker_.settings().round_every;
  std::vector<peer::candidate> candidates;
  s_.peers.for_each([&](peer_state& p) {
    if (p.they_interested) {
      candidates.push_back({p.key, !p.we_choke, p.window.snubbed(), p.down.bytes_per_s(s_.now),
                            p.up.bytes_per_s(s_.now), p.joined_at, p.unchoked_at});
    }
  });
  auto chosen = choker_.round(s_.now, candidates, slots(), s_.complete(), s_.chance);
  std::sort(chosen.begin(), chosen.end());
  s_.peers.for_each([&](peer_state& p) {
    const bool keep = std::binary_search(chosen.begin(), chosen.end(), p.key);
    if (keep && p.we_choke) {
      unchoke(p);
    } else if (!keep && !p.we_choke) {
      choke(p);
    }
  });
}

std::optional<instant> uploads::deadline() const {
  if (s_.peers.empty()) {
    return std::nullopt;
  }
  return held_up_ ? std::min(next_round_, s_.upload_bucket.ready_at()) : next_round_;
}

void uploads::check() const {
  std::uint64_t sum = 0;
  s_.peers.for_each_present([&](const peer_state& p) { sum += p.upload_ahead; });
  assert(sum == ahead_);
  static_cast<void>(sum);
}

}  // namespace shoal::swarm
