#pragma once
// By which address other machines reach this one: a guess, since only they can know.

#include <optional>
#include <string>

#include <shoal/base/endpoint.hpp>

namespace shoal::app {

/// The address that packets to elsewhere would leave from, IPv4 first; nothing without a network. Sends none.
std::optional<ip_address> own_address();

struct reachable {
  endpoint at;
  bool guessed = false;   ///< by `own_address`, because every address is listened on
  bool loopback = false;  ///< for this machine only
};
/// What to tell others about a listener.
reachable reachable_at(const endpoint& listening);

/// "http://10.0.0.1:6969/announce"
std::string announce_url_at(const endpoint& e);

}  // namespace shoal::app
