#include "swarm/uploads.hpp"

#include <algorithm>
#include <cassert>
#include <limits>
#include <utility>
#include <vector>

namespace shoal::swarm {

namespace {

/// What is loaded ahead for one peer: a quarter of a second at its rate, so that a choke or a cancel finds
/// most of the queue unsent, within bounds that keep a fast connection busy.
constexpr std::uint64_t ahead_least = 512U << 10;
constexpr std::uint64_t ahead_most = 4U << 20;

/// What a peer gets in its turn: it is read with one call, written with another, and wakes the peer once. A
/// turn goes on to the end of a piece, since half a piece is of use to nobody, as long as that takes no
/// longer than others may wait for.
constexpr std::uint64_t bytes_per_turn = 256U << 10;
constexpr std::uint64_t bytes_per_turn_most = 16U << 20;
constexpr double turn_seconds = 1;

/// So many turns of a line go to who asks for the rarest piece, and then one to who has waited for longest.
constexpr std::uint32_t rare_turns = 7;

/// BEP 6: the allowed-fast set is for starting peers.
constexpr std::size_t starting_pieces = 10;

}  // namespace

std::uint32_t uploads::slots() {
  const auto rule = s_.settings.choking.rule;
  if (rule == peer::choke_rule::nobody) {
    return 0;
  }
  if (rule == peer::choke_rule::what_pays) {
    return s_.complete() ? 0 : std::max(1U, paying_);
  }
  if (s_.settings.upload_slots != 0) {
    return s_.settings.upload_slots;
  }
  const bool limited = s_.settings.upload_bytes_per_s != 0;
  return limited ? finder_.slots() : peer::slots_for_rate(s_.up.bytes_per_s(s_.now));
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
  if (!allowed || !push(p, b)) {
    refuse(p, b);
    return;
  }
  line_up(p);
  hand_on(p);
}

/// A rare piece overtakes what the peer asked for before. Who speaks BEP 6 hears of each request what becomes
/// of it, and may be answered in any order.
bool uploads::push(peer_state& p, const block_ref& b) {
  const bool late = spreading_.requested(p, b);
  if (late || !p.fast || s_.complete()) {
    return p.uploads.push(b, late);
  }
  const auto copies = s_.picker.availability(b.piece);
  return p.uploads.push_ahead(
      b, [&](const block_ref& other) { return s_.picker.availability(other.piece) > copies; });
}

void uploads::line_up(peer_state& p) {
  const bool begun = turn_goes_on(p);
  if (!begun && !may_take(p)) {
    return;
  }
  const bool late = p.uploads.only_late();
  if (!std::exchange(late ? p.asking_late : p.asking, true)) {
    line& l = late ? late_line_ : line_;
    (begun ? l.begun : l.waiting).push_back(p.key);
  }
}

std::uint64_t uploads::turn_bytes_max() {
  const auto limit = s_.settings.upload_bytes_per_s;
  const double rate = limit != 0 ? static_cast<double>(limit) : s_.up.bytes_per_s(s_.now);
  return std::clamp(static_cast<std::uint64_t>(rate * turn_seconds), bytes_per_turn, bytes_per_turn_most);
}

/// It has got something in its turn, and asks for more of the same piece.
bool uploads::turn_goes_on(peer_state& p) {
  return p.turn_bytes > 0 && !p.dropping && !p.uploads.idle() && p.uploads.front().piece == p.turn_piece &&
         p.turn_bytes < turn_bytes_max();
}

void uploads::cancelled(peer_state& p, const block_ref& b) {
  if (p.uploads.cancel(b)) {
    refuse(p, b);  // BEP 6: a cancelled request is still answered, by the block or by a reject
    drained(p);
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
  drained(p);
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
    if (!line_.empty()) {
      serve_first(line_, false);
    } else if (!late_line_.empty()) {
      serve_first(late_line_, true);
    } else {
      serve_one_more();
      return;
    }
  }
}

/// Brings forward who asks for what the fewest have, and among these who has the fewest pieces. In a young
/// swarm the uplinks that have a new piece are few, and whatever else they send meanwhile, others could; and
/// who has nothing has an idle uplink as well.
void uploads::choose_next(std::vector<peer_key>& waiting) const {
  if (waiting.size() < 2 || turns_ % (rare_turns + 1) == rare_turns || s_.complete()) {
    return;
  }
  const auto need = [&](peer_key key) -> std::pair<std::uint32_t, std::size_t> {
    const peer_state* const p = s_.peers.find(key);
    if (p == nullptr || p->uploads.idle()) {
      return {};
    }
    return {s_.picker.availability(p->uploads.front().piece), p->has.count()};
  };
  const auto neediest = std::ranges::min_element(waiting, {}, need);
  std::rotate(waiting.begin(), neediest, neediest + 1);
}

/// Gives the first in the line what is left of its turn, as far as the limit goes.
void uploads::serve_first(line& l, bool late) {
  if (l.begun.empty()) {
    choose_next(l.waiting);
  }
  auto& first = l.begun.empty() ? l.waiting : l.begun;
  peer_state* const p = s_.peers.find(first.front());
  if (p != nullptr && &first == &l.waiting) {
    p->turn_bytes = 0;
  }
  while (p != nullptr && p->uploads.only_late() == late &&
         (turn_goes_on(*p) || (p->turn_bytes < bytes_per_turn && may_take(*p)))) {
    if (!s_.upload_bucket.ready(s_.now)) {
      held_up_ = true;
      if (&first == &l.waiting && p->turn_bytes > 0) {
        l.waiting.erase(l.waiting.begin());
        l.begun.push_back(p->key);
      }
      return;  // its turn goes on
    }
    p->turn_piece = p->uploads.front().piece;
    p->turn_bytes += take_one(*p);
  }
  turns_ += &first == &l.waiting ? 1 : 0;
  first.erase(first.begin());
  if (p != nullptr) {
    (late ? p->asking_late : p->asking) = false;
    if (!p->uploads.idle()) {
      p->turn_bytes = 0;
    }
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
  drained(p);
}

void uploads::left(peer_state& p) {
  spreading_.left(p);
  ahead_ -= p.upload_ahead;
}

void uploads::round_if_due() {
  review_if_due();
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
  auto chosen = choose(candidates);
  std::sort(chosen.begin(), chosen.end());
  s_.peers.for_each([&](peer_state& p) {
    const bool keep = std::binary_search(chosen.begin(), chosen.end(), p.key);
    p.chosen = keep;
    if (keep && p.we_choke) {
      unchoke(p);
    } else if (!keep && !p.we_choke) {
      choke(p);
    }
  });
}

std::vector<peer_key> uploads::choose(std::span<const peer::candidate> interested) {
  if (s_.settings.choking.rule != peer::choke_rule::what_pays || s_.complete()) {
    return choker_.round(s_.now, interested, slots(), s_.complete(), s_.chance);
  }
  const auto limit = s_.settings.upload_bytes_per_s;
  const double uplink = limit != 0 ? static_cast<double>(limit) : std::numeric_limits<double>::infinity();
  auto decision = thrift_.round(interested, uplink, s_.chance);
  paying_ = static_cast<std::uint32_t>(decision.chosen.size());
  s_.upload_bucket.set_rate(static_cast<std::uint64_t>(std::max(decision.bytes_per_s, 1.0)), s_.now);
  return std::move(decision.chosen);
}

/// A super seeder that nobody asks for anything lets those go on who wait to be served, before it gives what
/// they began to others as well.
void uploads::sweep() {
  idle_s_ = line_.empty() && late_line_.empty() ? idle_s_ + 1 : 0;
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
