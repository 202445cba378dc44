#pragma once
// Telling peers of one another (BEP 11): each is told at most once a minute whom we have met and lost since
// it was last told, at most 50 of each. Never in a private torrent (BEP 27).
//
// Whoever can be connected to gets a number when that becomes known, and every peer remembers the last number
// that it was told, so what one peer needs to be told costs O(peers) and no memory of its own.

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <shoal/swarm/pex_intake.hpp>
#include <shoal/wire/extension.hpp>

#include "swarm/connections.hpp"
#include "swarm/state.hpp"

namespace shoal::swarm {

/// Whether it helps `to`, and harms nobody, to hear of `who`.
bool may_hear_of(const peer_state& to, const endpoint& who);

class peer_exchange {
 public:
  peer_exchange(state& s, connections& c, const core_setup& setup)
      : s_(s),
        connections_(c),
        settings_(setup.settings.exchange),
        intake_(settings_),
        off_(setup.is_private) {}

  /// Not in this torrent.
  bool off() const { return off_; }
  /// It became known, perhaps just now, where the peer accepts connections.
  void met(peer_state& p);
  void left(const peer_state& p);
  void take(peer_state& p, const wire::extended& m);
  /// Once a second.
  void sweep();
  /// Who told us of it and said that it speaks `ut_holepunch` (BEP 55); told once.
  std::optional<peer_key> take_relay(const endpoint& who);

 private:
  struct gone {
    endpoint who;
    std::uint64_t met, left;  // numbers
  };

  void tell(peer_state& p);

  state& s_;
  connections& connections_;
  pex_settings settings_;
  pex_intake intake_;
  bool off_;
  std::uint64_t number_ = 0;
  std::vector<gone> gone_;                             // oldest first
  std::vector<std::pair<endpoint, peer_key>> relays_;  // oldest first
};

}  // namespace shoal::swarm
