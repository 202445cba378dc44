// Who could send at once takes over what waits in line elsewhere. In a young swarm few pieces are anywhere
// but at the seeder; everybody has asked for them of whoever had them first, and the uplinks of those who
// have them by now would be idle. Whoever is sending is left alone: what is on its way would come twice.

#include <algorithm>
#include <functional>
#include <utility>

#include "swarm/downloads.hpp"

namespace shoal::swarm {

namespace {

/// What has come within this time is left where it was asked; and so long is it between two looks.
constexpr duration patience = std::chrono::milliseconds(100);

/// The rate of a source that has sent nothing yet.
constexpr double presumed_bytes_per_s = 1U << 20;

}  // namespace

/// How long it has sent nothing of what it was asked for.
duration downloads::silent_for(const peer_state& p) const {
  return s_.now - std::max(p.window.awaited().front().asked_at, p.window.last_answer());
}

/// For longer than a block takes at its rate, or one would be on its way.
bool downloads::is_silent(peer_state& p) const {
  if (p.window.size() == 0 || p.window.snubbed()) {
    return false;
  }
  const auto silent = silent_for(p);
  const double measured = p.down.bytes_per_s(s_.now);
  const double rate = measured > 0 ? measured : presumed_bytes_per_s;
  return silent >= patience && to_seconds(silent) * rate >= static_cast<double>(s_.geometry.block_length());
}

/// It serves us, and has nothing to send though we want something of it.
bool downloads::is_idle(const peer_state& p) const {
  return p.window.size() == 0 && may_ask(p) && !p.they_choke && !p.window.snubbed() &&
         s_.now >= p.ask_again_at && !advice_ends(p);
}

void downloads::even_out() {
  if (!s_.settings.moves_requests || !s_.running || !s_.disk_ok || s_.picker.in_endgame() ||
      std::ranges::none_of(s_.askable, [&](peer_key key) { return is_idle(*s_.peers.find(key)); })) {
    return;
  }
  instant next = evened_out_ + patience;
  if (s_.now >= next) {
    evened_out_ = s_.now;
    next = s_.now + patience;
    move_requests();
  }
  look_again_at_ = std::min(look_again_at_.value_or(next), next);
}

/// To each idle one from who has been silent for longest.
void downloads::move_requests() {
  std::vector<peer_state*> idle, silent;
  for (const auto key : s_.askable) {
    peer_state& p = *s_.peers.find(key);
    if (is_idle(p)) {
      idle.push_back(&p);
    } else if (is_silent(p)) {
      silent.push_back(&p);
    }
  }
  std::ranges::sort(silent, std::ranges::greater{},
                    [&](const peer_state* q) { return std::pair(silent_for(*q), q->key); });
  for (peer_state* const p : idle) {
    for (peer_state* const q : silent) {
      if (q->window.size() > 0 && take_over(*p, *q)) {
        break;
      }
    }
  }
}

/// Half of what the busy one owes, the last first, as far as the idle one has it.
bool downloads::take_over(peer_state& idle, peer_state& busy) {
  blocks_.clear();
  const auto awaited = busy.window.awaited();
  const std::size_t most = std::min((awaited.size() + 1) / 2, idle.window.target());
  for (auto at = awaited.rbegin(); at != awaited.rend() && blocks_.size() < most; ++at) {
    if (idle.has.test(at->block.piece) && afar_.may_fetch(idle, at->block.piece)) {
      blocks_.push_back(at->block);
    }
  }
  for (const auto& b : std::exchange(blocks_, {})) {
    busy.window.withdrawn(b);
    ++busy.late_answers;
    s_.picker.abandoned(b, busy.key);
    s_.tell(busy, wire::cancel{b});
    s_.picker.pick_from(b.piece, idle.key, 1, blocks_);
  }
  for (const auto& b : blocks_) {
    idle.window.asked(s_.now, b);
    s_.tell(idle, wire::request{b});
  }
  return !blocks_.empty();
}

}  // namespace shoal::swarm
