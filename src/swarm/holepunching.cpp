#include "swarm/holepunching.hpp"

#include <shoal/base/reach.hpp>

namespace shoal::swarm {

namespace {

using message_kind = wire::holepunch_message::kind;
using reason = wire::holepunch_message::reason;

/// One peer more may be asked for, or told of, by one connection, and in all.
constexpr duration refill = std::chrono::seconds(10);
constexpr duration refill_in_all = std::chrono::seconds(2);

/// Where others are sent to reach it.
endpoint meeting_place(const peer_state& p) {
  return p.listens_at.value_or(p.remote);
}

}  // namespace

/// Messages of a peer that does not say how to answer are ignored, as the BEP wants it.
void holepunching::take(peer_state& p, byte_view payload) {
  if (p.holepunch_id == 0 || exchange_.off()) {
    return;
  }
  const auto message = wire::decode_holepunch_message(payload);
  if (!message) {
    connections_.oddity(p, "hole punching that cannot be read");
  } else if (message->what == message_kind::rendezvous) {
    relay(p, message->who);
  } else if (message->what == message_kind::connect) {
    meet(p, message->who);
  }  // an error: there is nothing left to try
}

peer_state* holepunching::find(const endpoint& who) const {
  peer_state* out = nullptr;
  s_.peers.for_each([&](peer_state& p) { out = p.remote == who || p.listens_at == who ? &p : out; });
  return out;
}

reason holepunching::why_not(const peer_state& from, const endpoint& target, const peer_state* found) const {
  const auto& address = target.address;
  if (target.port == 0 || address.is_unspecified() || address.is_multicast() || found == &from) {
    return reason::no_such_peer;
  }
  if (target.port == s_.listen_port && s_.outside.towards(from.remote.address) == address) {
    return reason::no_self;
  }
  // Two who may not hear of one another, as one is in our network and the other is not, are not told apart
  // from strangers.
  if (found == nullptr || !may_hear_of(from, meeting_place(*found)) ||
      !may_hear_of(*found, meeting_place(from))) {
    return reason::not_connected;
  }
  return found->holepunch_id == 0 ? reason::no_support : reason::none;
}

void holepunching::relay(peer_state& from, const endpoint& target) {
  if (!from.rendezvous.take(s_.now, refill)) {
    connections_.oddity(from, "too many rendezvous");
    return;
  }
  peer_state* const found = find(target);
  if (const auto why = why_not(from, target, found); why != reason::none) {
    tell(from, {message_kind::error, target, why});
    return;
  }
  tell(*found, {message_kind::connect, meeting_place(from), reason::none});
  tell(from, {message_kind::connect, meeting_place(*found), reason::none});
}

void holepunching::meet(peer_state& relay, const endpoint& who) {
  if (reach_of(who.address) < reach_of(relay.remote.address) || find(who) != nullptr) {
    return;
  }
  if (!relay.meetings.take(s_.now, refill)) {
    connections_.oddity(relay, "too many to connect to");
  } else if (meetings_.take(s_.now, refill_in_all)) {
    connections_.dial_now(who);
  }
}

void holepunching::dial_failed(const endpoint& who) {
  const auto relay = exchange_.take_relay(who);
  peer_state* const p = relay ? s_.peers.find(*relay) : nullptr;
  if (p != nullptr && !p->dropping && p->holepunch_id != 0) {
    tell(*p, {message_kind::rendezvous, who, reason::none});
  }
}

void holepunching::tell(peer_state& p, const wire::holepunch_message& m) {
  s_.tell(p, wire::extended{p.holepunch_id, wire::encode(m)});
}

}  // namespace shoal::swarm
