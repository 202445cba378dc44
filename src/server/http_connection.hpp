#pragma once
// One client's connection: whole requests in, their replies out in one write and in order.

#include <cstddef>
#include <span>

#include <shoal/base/endpoint.hpp>
#include <shoal/base/time.hpp>
#include <shoal/net/asio.hpp>

#include "server/open_connections.hpp"
#include "server/request_counts.hpp"
#include "server/tls_identity.hpp"
#include "server/tracker_service.hpp"

namespace shoal::server {

struct connection_limits {
  duration idle_max;
  std::size_t request_bytes_max;
  /// Connections from these begin with a header of the PROXY protocol, which tells the client's address.
  std::span<const ip_address> proxies;
  const tls_identity* tls = nullptr;  ///< with it, connections may be TLS too
};

/// Until the client leaves, is too slow, or the server stops. Runs on the socket's strand; `all`, `service`,
/// `counts` and what is in `limits` outlive it.
net::awaitable<void> serve(open_connections::place me, open_connections& all, const tracker_service& service,
                           request_counts& counts, connection_limits limits);

}  // namespace shoal::server
