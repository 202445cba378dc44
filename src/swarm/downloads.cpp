#include "swarm/downloads.hpp"

#include <algorithm>

namespace shoal::swarm {

namespace {

/// A peer that rejects although it unchoked us is left alone for this long, or we would ask in a circle.
constexpr duration pause_after_reject = std::chrono::seconds(1);

/// Pieces that may fail with a peer's part in them before it is banned, unless more than twice as many were
/// good. Certain guilt (`liar_found`) bans at once; this is for liars that never let a piece become whole.
constexpr std::uint32_t pieces_bad_max = 4;

/// What is asked of a seeder that advises us.
constexpr std::size_t advised_bytes_ahead = 1U << 20;

/// What a peer is asked for in its turn while a limit holds.
constexpr std::uint32_t asked_per_turn = 256U << 10;

constexpr std::size_t suggested_max = 256;
/// A seeder that advised us is asked for nothing else until so long after the last of it came.
constexpr duration advice_lasts = std::chrono::milliseconds(250);
constexpr std::size_t allowed_fast_max = 32;

/// A piece that is needed so soon is asked for wherever it is, and of several peers.
constexpr duration nearly_due = std::chrono::seconds(2);
/// Before, it is asked of the fastest that has it, and of those that are half as fast.
constexpr double fast_part = 0.5;
/// Pieces with deadlines that are looked at for one peer: a fast one's window is no larger.
constexpr std::size_t due_looked_at = 16;

bool contains(const std::vector<piece_index>& pieces, piece_index p) {
  return std::find(pieces.begin(), pieces.end(), p) != pieces.end();
}

}  // namespace

void downloads::block(peer_state& p, const block_ref& b, std::uint32_t nth) {
  p.down.add(s_.now, b.length);
  s_.down.add(s_.now, b.length);
  s_.totals.downloaded += b.length;
  if (!s_.geometry.is_block(b)) {
    s_.totals.wasted += b.length;
    connections_.violation(p, "a block that is none of the torrent's");
    return;
  }
  if (!p.window.answered(s_.now, b)) {
    if (p.late_answers == 0) {
      s_.totals.wasted += b.length;
      connections_.oddity(p, "blocks that nobody asked for");
      return;
    }
    --p.late_answers;
  }
  switch (s_.picker.received(b, p.key)) {
    case piece::picker::arrival::accepted:
      s_.emit(store{nth, b, p.key});
      cancel_elsewhere(b);
      break;
    case piece::picker::arrival::completes:
      s_.emit(store{nth, b, p.key});
      cancel_elsewhere(b);
      s_.emit(verify{b.piece});
      break;
    case piece::picker::arrival::duplicate:
    case piece::picker::arrival::unexpected:
      s_.totals.wasted += b.length;
      break;
  }
}

void downloads::too_late(const block_ref& b) {
  s_.totals.downloaded += b.length;
  s_.totals.wasted += b.length;
}

void downloads::cancel_elsewhere(const block_ref& b) {
  keys_.clear();
  s_.picker.askers(b, keys_);
  for (const auto key : keys_) {
    s_.picker.abandoned(b, key);
    peer_state* const other = s_.peers.find(key);
    if (other != nullptr && !other->dropping && other->window.withdrawn(b)) {
      ++other->late_answers;
      s_.tell(*other, wire::cancel{b});
      s_.look_again = true;
    }
  }
}

void downloads::give_up(peer_state& p) {
  for (const auto& pending : p.window.take_all()) {
    s_.picker.abandoned(pending.block, p.key);
    ++p.late_answers;
    s_.look_again = true;
  }
}

void downloads::choked(peer_state& p) {
  p.they_choke = true;
  p.suggested.clear();  // by the next time others may have been told to ask for these
  p.advised_at = {};
  if (!p.fast) {
    give_up(p);  // BEP 3: a choke forgets what was asked; BEP 6 rejects each one instead
  }
}

void downloads::unchoked(peer_state& p) {
  p.they_choke = false;
  p.ask_again_at = s_.now;
  s_.now_askable(p);
  fill(p);
  s_.look_again = s_.look_again || p.window.size() == 0;  // it may take over from others
}

void downloads::rejected(peer_state& p, const block_ref& b) {
  if (p.window.withdrawn(b)) {
    s_.picker.abandoned(b, p.key);
    s_.look_again = true;
    if (!p.they_choke) {
      p.ask_again_at = s_.now + pause_after_reject;
    }
    std::erase(p.allowed_fast, b.piece);
  } else if (p.late_answers > 0) {
    --p.late_answers;
  } else {
    connections_.oddity(p, "rejects of requests that were never made");
  }
}

void downloads::lost(peer_state& p, piece_index piece) {
  for (std::uint32_t n = 0; !p.fast && n < s_.geometry.block_count(piece); ++n) {
    const auto b = s_.geometry.block(piece, n);
    if (p.window.withdrawn(b)) {
      s_.picker.abandoned(b, p.key);
      s_.look_again = true;
    }
  }
  std::erase(p.suggested, piece);
  std::erase(p.allowed_fast, piece);
}

void downloads::allowed_fast(peer_state& p, piece_index piece) {
  if (!s_.geometry.contains(piece)) {
    connections_.violation(p, "allowed fast of a piece that does not exist");
  } else if (p.allowed_fast.size() < allowed_fast_max && !contains(p.allowed_fast, piece)) {
    p.allowed_fast.push_back(piece);
    s_.now_askable(p);
  }
}

void downloads::suggested(peer_state& p, piece_index piece) {
  if (!s_.geometry.contains(piece)) {
    connections_.violation(p, "suggestion of a piece that does not exist");
    return;
  }
  std::erase(p.suggested, piece);
  p.suggested.push_back(piece);
  p.advised_at = s_.now;
  if (p.suggested.size() > suggested_max) {
    p.suggested.erase(p.suggested.begin());
  }
}

bool downloads::may_ask(const peer_state& p) {
  return !p.dropping && p.wanted > 0 && (!p.they_choke || !p.allowed_fast.empty());
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
  if (most == 0 || !s_.running || !s_.disk_ok || !may_ask(p) || s_.now < p.ask_again_at) {
    return 0;
  }
  blocks_.clear();
  if (!s_.download_bucket.limited()) {
    pick(p, most, blocks_);
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
  for (const auto& b : blocks_) {
    p.window.asked(s_.now, b);
    s_.tell(p, wire::request{b});
  }
  return blocks_.size();
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
    picked += s_.picker.pick(p.has, p.key, n - picked, out);
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

void downloads::verified(piece_index piece, bool good) {
  if (good) {
    for (const auto sender : senders_of(piece)) {
      if (peer_state* const p = s_.peers.find(sender)) {
        ++p->pieces_good;
        tell_super_seeder(*p, piece);
      }
    }
    s_.picker.verified(piece);
    connections_.announce_piece(piece);
    return;
  }
  const auto senders = senders_of(piece);
  keys_.clear();
  s_.picker.failed(piece, keys_);
  s_.totals.wasted += s_.geometry.piece_bytes(piece);
  report r;
  r.what = report::kind::piece_failed;
  r.piece = piece;
  s_.emit(std::move(r));
  blame(senders);
  s_.look_again = true;
}

/// Who has a piece is not told that we have it too, seeds excepted; but a super seeder (BEP 16) waits to hear
/// that what it showed has come. It gives, wants nothing, and seems not to have everything.
void downloads::tell_super_seeder(peer_state& p, piece_index piece) {
  if (!p.dropping && !p.has.all() && p.has.test(piece) && !p.they_interested) {
    s_.tell(p, wire::have{piece});
  }
}

std::vector<peer_key> downloads::senders_of(piece_index piece) const {
  std::vector<peer_key> out;
  if (const auto* const progress = s_.picker.progress().find(piece)) {
    for (std::uint32_t n = 0; n < progress->block_count(); ++n) {
      out.push_back(progress->sender(n));
    }
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

void downloads::blame(const std::vector<peer_key>& senders) {
  for (const auto sender : senders) {
    peer_state* const p = s_.peers.find(sender);
    if (p == nullptr) {
      continue;
    }
    ++p->pieces_bad;
    const bool alone = senders.size() == 1;
    if (alone || (p->pieces_bad >= pieces_bad_max && p->pieces_bad > 2 * p->pieces_good)) {
      connections_.ban(p->remote.address);
    }
  }
}

void downloads::sweep() {
  s_.peers.for_each([&](peer_state& p) {
    if (p.window.check_snub(s_.now)) {
      give_up(p);
    }
  });
}

std::optional<instant> downloads::deadline() const {
  if (!held_up_) {
    return look_again_at_;
  }
  const auto ready = s_.download_bucket.ready_at();
  return std::min(look_again_at_.value_or(ready), ready);
}

}  // namespace shoal::swarm
