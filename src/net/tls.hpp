#pragma once
// How we trust: certificates are checked, with the host's name or address, against the system's authorities
// and those of one more file.

#include <string>

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include <shoal/base/result.hpp>
#include <shoal/net/asio.hpp>

namespace shoal::net {

using tls_stream = asio::ssl::stream<tcp::socket>;

/// Fails only for the extra file (PEM; empty for none).
result<asio::ssl::context> client_tls(const std::string& extra_ca_file);

/// The handshake as client of `host`. A refused certificate gives an error of `certificate_category`.
awaitable<error> shake_hands_as_client(tls_stream& stream, std::string host);

}  // namespace shoal::net
