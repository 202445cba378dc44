#include "swarm/uploads.hpp"

#include <algorithm>
#include <cassert>
#include <utility>
#include <vector>

namespace shoal::swarm {

namespace {

/// What is loaded ahead for one peer: a quarter of a second at its rate, so that a choke or a cancel finds
/// most of the queue unsent, within bounds that keep a fast connection busy.
constexpr std::uint64_t ahead_least = 512U << 10;
constexpr std::uint64_t ahead_most = 4U << 20;

/// What a peer gets in its turn: it is read with one call, written with another, and wakes the peer once. A
/// turn goes on to the end of a piece, since half a piece is of use to nobody, but not beyond so much.
constexpr std::uint64_t bytes_per_turn = 256U << 10;
constexpr std::uint64_t bytes_per_turn_most = 1U << 20;

/// BEP 6: the allowed-fast set is for starting peers.
constexpr std::size_t starting_pieces = 10;

}  // namespace

void uploads::interested(peer_state& p) {
  p.they_interested = true;
  if (p.we_choke && s_.unchoked < slots()) {
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
  ++s_.unchoked;
  p.unchoked_at = s_.now;
  spreading_.unchoked(p);  // first: an unchoke is answered with requests at once
  s_.tell(p, wire::unchoke{});
}

void uploads::choke(peer_state& p) {
  p.we_choke = true;
  --s_.unchoked;
  s_.tell(p, wire::choke{});
  const auto unsent = p.uploads.take_all();
  spreading_.choked(p, unsent);
  for (const auto& b : unsent) {
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
  if (!s_.picker.have().test(b.piece) || (p.shown && !p.shown->test(b.piece))) {
    connections_.oddity(p, "requests for pieces that we never offered");
    refuse(p, b);
    return;
  }
  const bool allowed =
      !p.we_choke || (p.has.count() < starting_pieces &&
                      std::find(p.allows_fast.begin(), p.allows_fast.end(), b.piece) != p.allows_fast.end());
  if (!allowed || !p.uploads.push(b, spreading_.requested(p, b))) {
    refuse(p, b);
    return;
  }
  line_up(p);
}

void uploads::line_up(peer_state& p) {
  if (!may_take(p)) {
    return;
  }
  const bool late = p.uploads.only_late();
  if (!std::exchange(late ? p.asking_late : p.asking, true)) {
    (late ? late_line_ : line_).waiting.push_back(p.key);
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
  line_up(p);
}

std::uint64_t uploads::ahead_max(peer_state& p) const {
  return std::clamp(static_cast<std::uint64_t>(p.up.bytes_per_s(s_.now) / 4), ahead_least, ahead_most);
}

bool uploads::may_take(peer_state& p) const {
  return !p.dropping && !p.uploads.idle() && p.upload_ahead < ahead_max(p);
}

std::uint32_t uploads::take_one(peer_state& p) {
  const auto b = p.uploads.start_load();
  s_.upload_bucket.take(b.length);
  p.upload_ahead += b.length;
  ahead_ += b.length;
  s_.emit(load{p.key, b});
  return b.length;
}

void uploads::pump() {
  held_up_ = false;
  while (!held_up_ && ahead_ < s_.settings.upload_ahead_bytes_max) {
    if (!line_.waiting.empty()) {
      serve_first(line_, false);
    } else if (!late_line_.waiting.empty()) {
      serve_first(late_line_, true);
    } else {
      return;
    }
  }
}

/// Gives the first in the line what is left of its turn, as far as the limit goes.
void uploads::serve_first(line& l, bool late) {
  peer_state* const p = s_.peers.find(l.waiting.front());
  const auto turn_goes_on = [&] {
    return l.turn_taken < bytes_per_turn ||
           (l.turn_taken < bytes_per_turn_most && p->uploads.front().piece == l.piece);
  };
  while (p != nullptr && may_take(*p) && p->uploads.only_late() == late && turn_goes_on()) {
    if (!s_.upload_bucket.ready(s_.now)) {
      held_up_ = true;
      return;  // its turn goes on
    }
    l.piece = p->uploads.front().piece;
    l.turn_taken += take_one(*p);
  }
  l.turn_taken = 0;
  l.waiting.pop_front();
  if (p != nullptr) {
    (late ? p->asking_late : p->asking) = false;
    line_up(*p);
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
    s_.tell_gained(*p);
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
  line_up(p);
}

void uploads::left(peer_state& p) {
  spreading_.left(p);
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

/// A super seeder that nobody asks for anything lets those go on who wait to be served, before it gives what
/// they began to others as well.
void uploads::sweep() {
  idle_s_ = line_.waiting.empty() && late_line_.waiting.empty() ? idle_s_ + 1 : 0;
  if (s_.hiding && idle_s_ == 1) {
    next_round_ = s_.now;
  }
  spreading_.sweep(idle_s_ > 1);
}

std::optional<instant> uploads::deadline() const {
  if (s_.peers.empty()) {
    return std::nullopt;
  }
  return held_up_ ? std::min(next_round_, s_.upload_bucket.ready_at()) : next_round_;
}

void uploads::check() const {
  std::uint64_t sum = 0;
  std::uint32_t unchoked = 0;
  s_.peers.for_each_present([&](const peer_state& p) {
    sum += p.upload_ahead;
    unchoked += p.dropping || p.we_choke ? 0 : 1;
  });
  assert(sum == ahead_);
  assert(unchoked == s_.unchoked);
  static_cast<void>(sum);
  static_cast<void>(unchoked);
}

}  // namespace shoal::swarm
