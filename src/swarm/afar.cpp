#include "swarm/afar.hpp"

#include <algorithm>
#include <utility>

namespace shoal::swarm {

namespace {

/// FNV-1a.
std::uint64_t name_of(const peer_id& id) {
  std::uint64_t out = 0xcbf29ce484222325U;
  for (const auto b : id.bytes) {
    out = (out ^ std::to_integer<std::uint64_t>(b)) * 0x100000001b3U;
  }
  return out;
}

/// The least of all fetches the piece.
std::uint64_t rank_of(std::uint64_t name, piece_index piece) {
  return rng(name + piece.value()).next();
}

}  // namespace

afar::afar(const state& s, const peer_id& our_id)
    : s_(s),
      our_name_(name_of(our_id)),
      ours_(s.settings.once_from_afar ? s.geometry.piece_count() : 0),
      some_(ours_) {}

/// It may be asked for whatever it has.
bool afar::is_free(const peer_state& p) const {
  return !s_.settings.once_from_afar || p.near || is_cut_off();
}

bool afar::is_cut_off() const {
  const auto serves_us = [&](const peer_state& p) {
    return p.near && !p.they_choke && !p.window.snubbed() && s_.now >= p.ask_again_at;
  };
  const auto occupies_us = [&](const peer_state& p) {
    return p.window.size() > 0 || (serves_us(p) && p.wanted > 0);
  };
  return !s_.peers.any_of(serves_us) || !s_.peers.any_of(occupies_us);
}

/// Those that will fetch nothing have no share.
void afar::share_out() {
  if (!std::exchange(stale_, false)) {
    return;
  }
  std::vector<std::uint64_t> names;
  s_.peers.for_each([&](const peer_state& p) {
    if (p.near && !p.upload_only && !p.is_seed()) {
      names.push_back(name_of(p.id));
    }
  });
  for (std::uint32_t i = 0; i < s_.geometry.piece_count(); ++i) {
    const piece_index piece(i);
    const auto our_rank = rank_of(our_name_, piece);
    if (std::ranges::any_of(names, [&](std::uint64_t name) { return rank_of(name, piece) < our_rank; })) {
      ours_.reset(piece);
    } else {
      ours_.set(piece);
    }
  }
}

const bitfield& afar::pieces_of(const peer_state& p) {
  if (is_free(p)) {
    return p.has;
  }
  share_out();
  some_.set_all();
  some_ &= p.has;
  some_ &= ours_;
  s_.peers.for_each([&](const peer_state& q) {
    if (q.near) {
      some_ -= q.has;
    }
  });
  return some_;
}

bool afar::may_fetch(const peer_state& p, piece_index piece) {
  if (is_free(p)) {
    return true;
  }
  share_out();
  return ours_.test(piece) &&
         !s_.peers.any_of([&](const peer_state& q) { return q.near && q.has.test(piece); });
}

}  // namespace shoal::swarm
