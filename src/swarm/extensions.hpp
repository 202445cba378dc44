#pragma once
// What peers say through the extension protocol (BEP 10): handshakes, metadata for those who came by a magnet
// link (BEP 9), and peers (BEP 11).

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "swarm/connections.hpp"
#include "swarm/holepunching.hpp"
#include "swarm/peer_exchange.hpp"
#include "swarm/state.hpp"

namespace shoal::swarm {

class extensions {
 public:
  extensions(state& s, connections& c, peer_exchange& x, const core_setup& setup);

  void greet(peer_state& p);
  /// Whether we want anything has changed: everybody is told (BEP 21).
  void tell_wishes();
  void dial_failed(const endpoint& who) { punching_.dial_failed(who); }
  /// A piece that the peer has lost by it, if any.
  std::optional<piece_index> take(peer_state& p, const wire::extended& m);

 private:
  void say_hello(peer_state& p);
  void take_handshake(peer_state& p, const wire::extended& m);
  void take_metadata(peer_state& p, const wire::extended& m);
  std::optional<piece_index> take_dont_have(peer_state& p, const wire::extended& m);
  void serve_metadata(peer_state& p, std::uint32_t part);

  state& s_;
  connections& connections_;
  peer_exchange& exchange_;
  holepunching punching_;
  std::string client_;
  std::uint16_t listen_port_;
  std::shared_ptr<const std::vector<std::byte>> metadata_;  // null: not offered
};

}  // namespace shoal::swarm
