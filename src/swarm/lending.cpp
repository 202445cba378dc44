// Slots between two choke rounds: who gets a free one, and what becomes of those without use.

#include <compare>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "swarm/uploads.hpp"

namespace shoal::swarm {

namespace {

/// One holder's slot is lent so often, after ten times at once.
constexpr duration lent_every = std::chrono::milliseconds(100);

constexpr duration review_every = std::chrono::milliseconds(200);
/// A limit of which no more than this part is left over is used up.
constexpr double unused_part = 0.1;

/// Who was unchoked has so long to ask, and so long it is between two that are served besides.
constexpr duration time_to_ask = std::chrono::milliseconds(100);
constexpr duration one_more_every = std::chrono::milliseconds(10);
/// Peers that hold slots, those that ask for nothing included.
constexpr std::uint32_t unchoked_most = 50;

/// Nothing that it asked for waits, is loading or is on its way out.
bool has_got_all(const peer_state& p) {
  return p.uploads.idle() && p.upload_ahead == 0;
}

}  // namespace

void uploads::interested(peer_state& p) {
  const bool was = std::exchange(p.they_interested, true);
  if (!p.we_choke) {
    return;
  }
  bool displaces = false;
  if (!was && s_.settings.lends_slots && s_.unchoked >= slots()) {
    if (peer_state* const holder = holder_to_displace(p)) {
      choke(*holder);
      displaces = true;
    }
  }
  if (displaces || s_.unchoked < slots()) {
    unchoke(p);  // a free slot is not left empty until the next round
  }
}

/// A slot that its holder has no use for is lent, until it has or the next round comes; but not over and over
/// for one that cannot make up its mind, since others hear of each time.
void uploads::not_interested(peer_state& p) {
  const bool was = std::exchange(p.they_interested, false);
  if (!was || p.we_choke || !s_.settings.lends_slots) {
    return;
  }
  peer_state* const next = next_in_need();
  if (next != nullptr && p.lendings.take(s_.now, lent_every)) {
    choke(p);
    unchoke(*next);
  }
}

/// Somebody who has no use for the slot; or if a round gave `p` one, somebody to whom it was lent.
peer_state* uploads::holder_to_displace(const peer_state& p) {
  peer_state* idle = nullptr;
  peer_state* guest = nullptr;
  s_.peers.for_each([&](peer_state& holder) {
    if (holder.we_choke) {
      return;
    }
    if (!holder.they_interested) {
      idle = &holder;
    } else if (!holder.chosen) {
      guest = &holder;
    }
  });
  return idle != nullptr || !p.chosen ? idle : guest;
}

/// When we want nothing, who has waited for longest. Else of those who gave us something, who has the fewest
/// pieces, so that nobody stays behind; and then anybody, since to seem to have nothing must not pay. By
/// chance among equals. Not who gives us most: what is lent would be of no use otherwise, and a content
/// spreads sooner when chance deals it out.
peer_state* uploads::next_in_need() {
  const auto rank = [&](const peer_state& p) -> std::int64_t {
    if (s_.complete()) {
      return p.unchoked_at.time_since_epoch().count();
    }
    return p.down.total() > 0 ? static_cast<std::int64_t>(p.has.count())
                              : std::numeric_limits<std::int64_t>::max();
  };
  std::vector<peer_state*> first;  // equals
  first.reserve(s_.peers.size());
  s_.peers.for_each([&](peer_state& p) {
    if (!p.we_choke || !p.they_interested) {
      return;
    }
    const auto order = first.empty() ? std::strong_ordering::equal : rank(p) <=> rank(*first.front());
    if (order < 0) {
      first.clear();
    }
    if (order <= 0) {
      first.push_back(&p);
    }
  });
  return first.empty() ? nullptr : first[static_cast<std::size_t>(s_.chance.below(first.size()))];
}

void uploads::review_if_due() {
  const auto since = s_.now - reviewed_at_;
  if (since < review_every) {
    return;
  }
  reviewed_at_ = s_.now;
  const auto unused = static_cast<double>(s_.upload_bucket.take_unused(s_.now));
  const auto limit = static_cast<double>(s_.settings.upload_bytes_per_s) * to_seconds(since);
  if (limit == 0 || s_.settings.upload_slots != 0 || s_.peers.empty()) {
    return;
  }
  const bool is_used_up = unused < unused_part * limit;
  peer_state* const next = is_used_up ? nullptr : next_in_need();
  if (finder_.review(is_used_up, next != nullptr) && s_.unchoked < slots()) {
    unchoke(*next);
  }
}

/// Of the pieces that nobody else has it asked for its share: somebody else's turn. It is choked at once, so
/// that it asks for no more, and gets what it asked for (BEP 6), so that the uplink is busy until the next
/// one's requests have come. So many at a time as there are slots; the others keep theirs until they have got
/// all.
void uploads::hand_on(peer_state& p) {
  if (p.we_choke || !p.promised.empty() || !spreading_.has_its_share(p) ||
      (!has_got_all(p) && served_out() >= slots())) {
    return;
  }
  if (peer_state* const next = next_in_need()) {
    p.we_choke = true;
    --s_.unchoked;
    s_.tell(p, wire::choke{});
    unchoke(*next);
  }
}

/// How many are choked, and still get what they asked for before.
std::uint32_t uploads::served_out() const {
  std::uint32_t out = 0;
  s_.peers.for_each([&](const peer_state& p) { out += p.we_choke && !has_got_all(p) ? 1 : 0; });
  return out;
}

/// Something for it went out, or is not wanted any more. When that was all, somebody may hand its slot on:
/// it, or who could not while so many were served out.
void uploads::drained(peer_state& p) {
  if (!has_got_all(p)) {
    return;
  }
  if (!p.we_choke) {
    hand_on(p);
  } else if (s_.complete()) {
    s_.peers.for_each([&](peer_state& holder) { hand_on(holder); });
  }
}

/// It has got something of us, and has no use for its slot now.
bool uploads::is_silent(const peer_state& p) const {
  return p.turn_bytes > 0 && has_got_all(p) && s_.now - p.unchoked_at >= time_to_ask;
}

/// While the uplink has nothing to send, those who ask for nothing do not count: somebody else is served as
/// well. They may be interested still, since what they want of us is on its way from others.
void uploads::serve_one_more() {
  if (!s_.settings.lends_slots || s_.settings.upload_bytes_per_s == 0 || s_.settings.upload_slots != 0 ||
      !peer::gives_freely(s_.settings.choking.rule) || s_.unchoked < slots() ||
      s_.unchoked >= unchoked_most || s_.now - one_more_at_ < one_more_every) {
    return;
  }
  one_more_at_ = s_.now;
  std::uint32_t busy = 0;
  s_.peers.for_each([&](const peer_state& p) { busy += !p.we_choke && !is_silent(p) ? 1 : 0; });
  if (busy < slots()) {
    if (peer_state* const next = next_in_need()) {
      unchoke(*next);
    }
  }
}

}  // namespace shoal::swarm
