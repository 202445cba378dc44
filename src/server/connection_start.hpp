#pragma once
// How a connection begins: with what a proxy says of it, and with TLS or without.

#include <cstddef>
#include <optional>
#include <vector>

#include <shoal/base/bytes.hpp>
#include <shoal/base/endpoint.hpp>
#include <shoal/net/asio.hpp>

namespace shoal::server {

/// What a proxy said of a connection, and the client's first bytes behind it.
struct introduction {
  bool understood = false;
  std::optional<endpoint> client;
  std::vector<std::byte> rest;
};

/// Reads a header of the PROXY protocol.
net::awaitable<introduction> read_introduction(net::tcp::socket& socket);

/// Whether the client, whose first bytes are `begun` (or, when there are none, still on the way), speaks TLS:
/// its first record is a handshake, with a byte that no HTTP request begins with. Takes nothing from the
/// socket.
net::awaitable<bool> begins_with_tls(net::tcp::socket& socket, byte_view begun);

}  // namespace shoal::server
