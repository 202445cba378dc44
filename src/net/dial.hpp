#pragma once
// From a host's name, or an address, to a connected socket.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <shoal/base/endpoint.hpp>
#include <shoal/base/reach.hpp>
#include <shoal/base/result.hpp>
#include <shoal/base/time.hpp>
#include <shoal/net/asio.hpp>
#include <shoal/net/route.hpp>

namespace shoal::net {

struct dial_options {
  route by;                       ///< addresses that it does not reach are not tried
  reach narrowest = reach::host;  ///< addresses of a narrower reach are not tried
  /// Shared evenly by the addresses of the host, so that a dead one does not use up the others' time.
  duration connecting_max = std::chrono::seconds(10);
  std::string congestion_control;  ///< of TCP, by its kernel name; empty: the system's default
};

/// The host's addresses in the resolver's order. A look-up that is cancelled goes on, for nobody.
awaitable<result<std::vector<endpoint>>> addresses_of(std::string host, std::uint16_t port);

/// One address, directly or by the route's proxy, until the caller is cancelled. The socket is on `own`.
awaitable<result<tcp::socket>> connect_to(asio::any_io_executor own, endpoint where, dial_options options);

/// Tries the host's addresses in the resolver's order; a proxy is left to find them itself.
/// `http_errc::unsafe_redirect` when all are too near.
awaitable<result<tcp::socket>> dial(std::string host, std::uint16_t port, dial_options options);

/// How far away that host is to which the socket leads. By a proxy we know as much as the host's name tells.
reach reached(const tcp::socket& socket, std::string_view host, const route& by);

}  // namespace shoal::net
