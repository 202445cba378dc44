// Whom to connect to, and who gives way when all places are taken.

#include <algorithm>

#include <shoal/peer/peer_priority.hpp>

#include "swarm/connections.hpp"

namespace shoal::swarm {

namespace {

/// Part of `peers_max` that we fill by connecting unless told otherwise; the rest is for those who connect to
/// us.
constexpr std::uint32_t outgoing_share_percent = 60;

/// So long a newcomer may take to begin trading before it may have to give way to another.
constexpr duration settled_after = std::chrono::seconds(30);

}  // namespace

void connections::connect_failed(const swarm::connect_failed& e) {
  if (connecting_ > 0) {
    --connecting_;
  }
  if (e.ourselves) {
    book_.forget(e.remote);
  } else {
    book_.failed(s_.now, e.remote);
  }
}

void connections::found(std::span<const endpoint> peers) {
  for (const auto& who : peers) {
    book_.add(s_.now, who, s_.chance);
  }
}

void connections::seen_as(const ip_address& by, const ip_address& us) {
  if (s_.outside.told(by, us)) {
    book_.reconsider();
  }
}

/// BEP 40; nothing while we do not know our own address.
std::optional<std::uint32_t> connections::worth_of(const endpoint& who) const {
  const auto ours = s_.outside.towards(who.address);
  return ours ? std::optional(peer::peer_priority({*ours, s_.listen_port}, who)) : std::nullopt;
}

/// All places are taken: whoever is worth least goes, if the newcomer is worth more. Whoever trades stays,
/// and whoever has not been here long enough to begin.
bool connections::make_room_for(const endpoint& newcomer) {
  auto least = worth_of(newcomer);
  peer_state* out = nullptr;
  s_.peers.for_each([&](peer_state& p) {
    const bool idle = p.down.bytes_per_s(s_.now) + p.up.bytes_per_s(s_.now) <= 0;
    const auto worth = worth_of(p.listens_at.value_or(p.remote));
    if (least && idle && s_.now - p.joined_at > settled_after && worth && *worth < *least) {
      least = worth;
      out = &p;
    }
  });
  if (out != nullptr) {
    drop(*out, drop_reason::too_many, "a newcomer comes first by BEP 40");
  }
  return out != nullptr;
}

bool connections::has_room() const {
  const std::size_t share = std::max<std::size_t>(1, s_.settings.peers_max * outgoing_share_percent / 100);
  const std::size_t outgoing_max = s_.settings.connect_until == 0 ? share : s_.settings.connect_until;
  return s_.running && connecting_ < s_.settings.connecting_max &&
         s_.peers.size() + connecting_ < outgoing_max;
}

void connections::dial(const endpoint& who) {
  ++connecting_;
  s_.emit(connect{who});
}

void connections::dial_now(const endpoint& who) {
  if (has_room()) {
    book_.add(s_.now, who, s_.chance);
    if (book_.take(who)) {
      dial(who);
    }
  }
}

void connections::reach_out() {
  while (has_room()) {
    const auto who = book_.next(s_.now);
    if (!who) {
      return;
    }
    dial(*who);
  }
}

bool connections::lonely() const {
  return s_.peers.size() + connecting_ < 5 && !s_.complete();
}

std::optional<instant> connections::deadline() const {
  return has_room() ? book_.due() : std::nullopt;
}

}  // namespace shoal::swarm
