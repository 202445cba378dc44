#pragma once
// The message of hole punching (BEP 55, extension "ut_holepunch"): a peer that both know brings two together
// who cannot simply be connected to.

#include <cstdint>
#include <vector>

#include <shoal/base/bytes.hpp>
#include <shoal/base/endpoint.hpp>
#include <shoal/base/result.hpp>

namespace shoal::wire {

struct holepunch_message {
  enum class kind : std::uint8_t {
    rendezvous = 0,  ///< to the relay: bring me together with this peer
    connect = 1,     ///< from the relay, to both: connect to this peer now
    error = 2,       ///< from the relay: it cannot, and why
  };
  enum class reason : std::uint32_t {
    none = 0,           ///< of what is no error
    no_such_peer = 1,   ///< no endpoint that a peer can have
    not_connected = 2,  ///< the relay is not connected to it
    no_support = 3,     ///< it does not speak this extension
    no_self = 4,        ///< it is the relay
  };

  kind what = kind::rendezvous;
  endpoint who;
  /// Others than those above may come.
  reason why = reason::none;

  friend bool operator==(const holepunch_message&, const holepunch_message&) = default;
};

/// The payload of the `extended` message.
std::vector<std::byte> encode(const holepunch_message& m);
/// Fails for an unknown kind or family and for any length but the family's own. Some clients leave the error
/// code out of what is no error: that is read too.
result<holepunch_message> decode_holepunch_message(byte_view payload);

}  // namespace shoal::wire
