#include "swarm/downloads.hpp"

#include <algorithm>

namespace shoal::swarm {

namespace {

/// A peer that rejects although it unchoked us is left alone for this long, or we would ask in a circle.
constexpr duration pause_after_reject = std::chrono::seconds(1);

/// Pieces that may fail with a peer's part in them before it is banned, unless more than twice as many were
/// good. Certain guilt (`liar_found`) bans at once; this is for liars that never let a piece become whole.
constexpr std::uint32_t pieces_bad_max = 4;

constexpr std::size_t suggested_max = 256;
constexpr std::size_t allowed_fast_max = 32;

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
  s_.look_again = s_.look_again || (s_.settings.once_from_afar && afar_.is_cut_off());
}

std::optional<instant> downloads::deadline() const {
  if (!held_up_) {
    return look_again_at_;
  }
  const auto ready = s_.download_bucket.ready_at();
  return std::min(look_again_at_.value_or(ready), ready);
}

}  // namespace shoal::swarm
