#include "swarm/peer_exchange.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <shoal/base/reach.hpp>
#include <shoal/wire/pex_message.hpp>

namespace shoal::swarm {

namespace {

constexpr std::size_t gone_max = 200;
constexpr std::size_t relays_max = 500;

std::uint8_t flags_of(const peer_state& p) {
  using wire::pex_peer;
  return static_cast<std::uint8_t>((p.is_seed() || p.upload_only ? pex_peer::seed : 0) |
                                   (p.holepunch_id != 0 ? pex_peer::holepunch : 0) |
                                   (p.outgoing ? pex_peer::reachable : 0));
}

}  // namespace

bool may_hear_of(const peer_state& to, const endpoint& who) {
  return reach_of(who.address) >= reach_of(to.remote.address) && who != to.listens_at;
}

void peer_exchange::met(peer_state& p) {
  if (!off_ && p.listens_at && p.pex_number == 0) {
    p.pex_number = ++number_;
  }
}

void peer_exchange::left(const peer_state& p) {
  if (p.pex_number == 0) {
    return;
  }
  gone_.push_back({*p.listens_at, p.pex_number, ++number_});
  if (gone_.size() > gone_max) {
    gone_.erase(gone_.begin());
  }
}

void peer_exchange::sweep() {
  if (off_) {
    return;
  }
  s_.peers.for_each([&](peer_state& p) {
    if (p.pex_id != 0 && s_.now >= p.pex_due && p.pex_told < number_) {
      tell(p);
    }
  });
}

void peer_exchange::tell(peer_state& p) {
  std::vector<const peer_state*> fresh;
  fresh.reserve(s_.peers.size());
  s_.peers.for_each([&](const peer_state& other) {
    if (other.pex_number > p.pex_told && other.key != p.key && may_hear_of(p, *other.listens_at)) {
      fresh.push_back(&other);
    }
  });
  std::sort(fresh.begin(), fresh.end(),
            [](const auto* a, const auto* b) { return a->pex_number < b->pex_number; });
  std::uint64_t told = number_;
  if (fresh.size() > settings_.added_max) {
    fresh.resize(settings_.added_max);
    told = fresh.back()->pex_number;  // the others next time
  }
  wire::pex_message m;
  m.added.reserve(fresh.size());
  for (const auto* const other : fresh) {
    m.added.push_back({*other->listens_at, flags_of(*other)});
  }
  for (const auto& g : gone_) {
    if (g.left > p.pex_told && g.left <= told && g.met <= p.pex_told &&
        m.dropped.size() < settings_.added_max && may_hear_of(p, g.who)) {
      m.dropped.push_back(g.who);
    }
  }
  p.pex_told = told;
  if (m.added.empty() && m.dropped.empty()) {
    return;
  }
  p.pex_due = s_.now + settings_.send_every;
  s_.tell(p, wire::extended{p.pex_id, wire::encode(m)});
}

void peer_exchange::take(peer_state& p, const wire::extended& m) {
  if (off_) {
    return;  // we did not offer it
  }
  auto message = wire::decode_pex_message(m.payload);
  if (!message) {
    connections_.oddity(p, "peer exchange that cannot be read");
    return;
  }
  if (s_.complete()) {  // seeds are of no use to one another
    std::erase_if(message->added, [](const auto& a) { return (a.flags & wire::pex_peer::seed) != 0; });
  }
  std::vector<endpoint> believed;
  believed.reserve(message->added.size());
  if (!intake_.take(s_.now, p.remote.address, *message, believed)) {
    connections_.oddity(p, "peer exchange more often than once a minute");
    return;
  }
  connections_.found(believed);
  auto next = believed.begin();  // they stand there in the order of the message
  for (const auto& who : message->added) {
    if (next == believed.end() || who.endpoint != *next) {
      continue;
    }
    ++next;
    if ((who.flags & wire::pex_peer::holepunch) != 0 && connections_.knows(who.endpoint)) {
      relays_.emplace_back(who.endpoint, p.key);  // others we do not connect to
    }
  }
  if (relays_.size() > relays_max) {
    relays_.erase(relays_.begin(), relays_.end() - relays_max);
  }
}

std::optional<peer_key> peer_exchange::take_relay(const endpoint& who) {
  std::optional<peer_key> out;
  std::erase_if(relays_, [&](const auto& r) {
    out = r.first == who ? r.second : out;  // the last one that told
    return r.first == who;
  });
  return out;
}

}  // namespace shoal::swarm
