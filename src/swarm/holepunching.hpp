#pragma once
// Bringing peers together that cannot simply be connected to (BEP 55). A peer that both know, the relay,
// tells both to connect to each other at once; over TCP that helps where one of them can be reached, but not
// by those who know of it from elsewhere than itself, and where firewalls let answers in. Never in a private
// torrent, where only trackers say whom to meet.
//
// The attacker considered: a peer that makes us knock at addresses of its choice, or makes others do so
// through us. As a relay we name connected peers only, each at the address where we know it, so many a peer
// and time; as the one who is told we connect so many a relay and time, and so many in all, and to addresses
// of our own network only when a neighbour says so.

#include <shoal/peer/allowance.hpp>
#include <shoal/wire/holepunch_message.hpp>

#include "swarm/connections.hpp"
#include "swarm/peer_exchange.hpp"
#include "swarm/state.hpp"

namespace shoal::swarm {

class holepunching {
 public:
  holepunching(state& s, connections& c, peer_exchange& x) : s_(s), connections_(c), exchange_(x) {}

  void take(peer_state& p, byte_view payload);
  /// Who told us of it may bring us together.
  void dial_failed(const endpoint& who);

 private:
  void relay(peer_state& from, const endpoint& target);
  void meet(peer_state& relay, const endpoint& who);
  wire::holepunch_message::reason why_not(const peer_state& from, const endpoint& target,
                                          const peer_state* found) const;
  peer_state* find(const endpoint& who) const;
  void tell(peer_state& p, const wire::holepunch_message& m);

  state& s_;
  connections& connections_;
  peer_exchange& exchange_;
  peer::allowance meetings_{20};  // in all
};

}  // namespace shoal::swarm
