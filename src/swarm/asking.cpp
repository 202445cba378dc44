// What is asked of whom, and when: as much as its window has room for, what is advised and what is needed
// soon first, and rare pieces whole.

#include <algorithm>

#include "swarm/downloads.hpp"

namespace shoal::swarm {

namespace {

/// What is asked of a seeder that advises us.
constexpr std::size_t advised_bytes_ahead = 1U << 20;

/// A rare piece is asked for so far beyond the window.
constexpr std::size_t rare_bytes_ahead = 2U << 20;

/// What a peer is asked for in its turn while a limit holds.
constexpr std::uint32_t asked_per_turn = 256U << 10;

/// A seeder that advised us is asked for nothing else until so long after the last of it came.
constexpr duration advice_lasts = std::chrono::milliseconds(250);

/// A piece that is needed so soon is asked for wherever it is, and of several peers.
constexpr duration nearly_due = std::chrono::seconds(2);
/// Before, it is asked of the fastest that has it, and of those that are half as fast.
constexpr double fast_part = 0.5;
/// Pieces with deadlines that are looked at for one peer: a fast one's window is no larger.
constexpr std::size_t due_looked_at = 16;

}  // namespace

bool downloads::may_ask(const peer_state& p) {
  return !p.dropping && p.wanted > 0 && (!p.they_choke || !p.allowed_fast.empty());
}

bool downloads::asks_now(const peer_state& p) const {
  return s_.running && s_.disk_ok && may_ask(p) && s_.now >= p.ask_again_at;
}

void downloads::fill(peer_state& p) {
  if (!held_up_) {  // else the limit's next bunch is for all, in turn
    ask(p, room(p));
  }
}

/// What a seeder advises is asked for ahead, however slowly it comes: it sends a piece whole before it turns
/// to another peer, but only what it was asked for.
std::size_t downloads::room(const peer_state& p) const {
  const bool advised = !p.suggested.empty() && p.has.all();
  return p.window.room(advised ? advised_bytes_ahead / s_.geometry.block_length() : 0);
}

std::size_t downloads::ask(peer_state& p, std::size_t most) {
  if (most == 0 || !asks_now(p)) {
    return 0;
  }
  blocks_.clear();
  if (!s_.download_bucket.limited() && pick(p, most, blocks_) > 0) {
    pick_rest(p, blocks_.back().piece);
  }
  while (s_.download_bucket.limited() && blocks_.size() < most) {
    if (!s_.download_bucket.ready(s_.now)) {
      held_up_ = true;
      break;
    }
    const auto affordable = s_.download_bucket.at_hand() / s_.geometry.block_length() + 1;
    const auto before = blocks_.size();
    const auto picked = pick(p, std::min<std::size_t>(most - before, affordable), blocks_);
    for (auto n = before; n < blocks_.size(); ++n) {
      s_.download_bucket.take(blocks_[n].length);
    }
    if (picked == 0) {
      break;
    }
  }
  send_requests(p);
  return blocks_.size();
}

void downloads::send_requests(peer_state& p) {
  for (const auto& b : blocks_) {
    p.window.asked(s_.now, b);
    s_.tell(p, wire::request{b});
  }
}

/// The newest pieces are the fewest, and all uplinks wait for them. One that waited in here for room in the
/// window, or came in parts from several that send other things in between, would double as slowly.
void downloads::has_piece(peer_state& p, piece_index piece) {
  if (!p.they_choke && asks_now(p) && !s_.download_bucket.limited() && afar_.may_fetch(p, piece)) {
    blocks_.clear();
    pick_rest(p, piece);
    send_requests(p);
  }
}

/// Of a rare piece, also beyond the window. Seeds send all pieces and advise which.
void downloads::pick_rest(const peer_state& p, piece_index piece) {
  const std::size_t room = p.window.room_beyond(rare_bytes_ahead / s_.geometry.block_length());
  if (blocks_.size() < room && !p.has.all()) {
    s_.picker.pick_rare(piece, p.key, room - blocks_.size(), blocks_);
  }
}

std::size_t downloads::pick(peer_state& p, std::size_t n, std::vector<block_ref>& out) {
  std::size_t picked = 0;
  const auto from = [&](const std::vector<piece_index>& pieces) {
    for (const auto piece : pieces) {
      if (picked < n && p.has.test(piece) && s_.picker.wants(piece)) {
        picked += s_.picker.pick_from(piece, p.key, n - picked, out);
      }
    }
  };
  if (p.they_choke) {
    from(p.allowed_fast);
    return picked;
  }
  picked += pick_due(p, n, out);
  std::erase_if(p.suggested, [&](piece_index piece) { return !s_.picker.wants(piece); });
  from(p.suggested);
  if (!p.suggested.empty()) {
    p.advised_at = s_.now;
  }
  if (picked == n) {
    return picked;
  }
  if (const auto ends = advice_ends(p)) {
    look_again_at_ = std::min(look_again_at_.value_or(*ends), *ends);
  } else {
    picked += s_.picker.pick(afar_.pieces_of(p), p.key, n - picked, out);
  }
  return picked;
}

/// A seeder's advice keeps us from asking what others ask: it is asked for nothing else while that lasts.
std::optional<instant> downloads::advice_ends(const peer_state& p) const {
  const instant ends = p.advised_at + advice_lasts;
  return p.has.all() && s_.now < ends ? std::optional(ends) : std::nullopt;
}

/// What is needed by some time, the earliest first.
std::size_t downloads::pick_due(peer_state& p, std::size_t n, std::vector<block_ref>& out) {
  std::size_t picked = 0;
  std::size_t looked_at = 0;
  for (const auto& due : s_.picker.deadlines()) {
    const bool soon = due.by - s_.now <= nearly_due;
    if (picked == n || looked_at == due_looked_at) {
      break;
    }
    if (!p.has.test(due.piece) || (!soon && s_.picker.open_blocks(due.piece) == 0)) {
      continue;
    }
    ++looked_at;
    if (soon || is_fast(p, due.piece)) {
      picked += s_.picker.pick_due(due.piece, p.key, n - picked, soon, out);
    }
  }
  return picked;
}

/// Among those that may be asked for the piece. A newcomer counts as fast as the fastest: it has to show.
bool downloads::is_fast(peer_state& p, piece_index piece) {
  const double rate = p.down.bytes_per_s(s_.now);
  return p.down.total() == 0 || std::ranges::none_of(s_.askable, [&](peer_key key) {
           peer_state* const other = s_.peers.find(key);
           return other != nullptr && other->has.test(piece) && !other->they_choke && !other->dropping &&
                  !other->window.snubbed() && other->down.bytes_per_s(s_.now) * fast_part > rate;
         });
}

void downloads::fill_all() {
  s_.look_again = false;
  held_up_ = false;
  look_again_at_.reset();
  std::erase_if(s_.askable, [&](peer_key key) {
    peer_state* const p = s_.peers.find(key);
    const bool goes = p == nullptr || !may_ask(*p);
    if (goes && p != nullptr) {
      p->askable = false;
    }
    return goes;
  });
  if (s_.download_bucket.limited()) {
    ask_in_turn();
    return;
  }
  for (const auto key : s_.askable) {
    fill(*s_.peers.find(key));
  }
  even_out();
}

/// A few blocks for each in turn, as far as the limit goes; the next time it begins where this one ended.
void downloads::ask_in_turn() {
  auto& line = s_.askable;
  const std::size_t per_turn = asked_per_turn / s_.geometry.block_length();
  std::size_t passed_over = 0;
  while (passed_over < line.size() && !held_up_) {
    turn_ = turn_ < line.size() ? turn_ : 0;
    peer_state& p = *s_.peers.find(line[turn_]);
    turn_asked_ += ask(p, std::min(room(p), per_turn - turn_asked_));
    if (held_up_ && turn_asked_ < per_turn) {
      return;  // its turn goes on
    }
    passed_over = turn_asked_ > 0 ? 0 : passed_over + 1;
    turn_asked_ = 0;
    ++turn_;
  }
}

}  // namespace shoal::swarm
