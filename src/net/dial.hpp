#pragma once
// From a host's name to a connected socket.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <shoal/base/endpoint.hpp>
#include <shoal/base/reach.hpp>
#include <shoal/base/result.hpp>
#include <shoal/base/time.hpp>
#include <shoal/net/asio.hpp>

namespace shoal::net {

struct dial_options {
  std::optional<ip_address> bind_address;  ///< only addresses of its family are tried
  reach narrowest = reach::host;           ///< addresses of a narrower reach are not tried
  /// Shared evenly by the addresses of the host, so that a dead one does not use up the others' time.
  duration connecting_max = std::chrono::seconds(10);
};

/// The host's addresses in the resolver's order. A look-up that is cancelled goes on, for nobody.
awaitable<result<std::vector<endpoint>>> addresses_of(std::string host, std::uint16_t port);

/// Tries the host's addresses in the resolver's order. `http_errc::unsafe_redirect` when all are too near.
awaitable<result<tcp::socket>> dial(std::string host, std::uint16_t port, dial_options options);

}  // namespace shoal::net
