#pragma once
// The PROXY protocol (haproxy.org, proxy-protocol.txt), versions 1 and 2: what a proxy says, before anything
// else, of the connection that it passes on. Pure.

#include <cstddef>
#include <cstdint>
#include <optional>

#include <shoal/base/bytes.hpp>
#include <shoal/base/endpoint.hpp>

namespace shoal::server {

struct proxy_header {
  enum class state : std::uint8_t {
    cut,    ///< so far right, but there is more to come
    bad,    ///< no header, or one that is not understood
    whole,  ///< the rest counts
  };
  state is = state::cut;
  std::size_t bytes = 0;  ///< of the header; the client's bytes follow
  /// The client's; nothing when the proxy speaks for itself (LOCAL, a check of its health) or does not say.
  std::optional<endpoint> source;
};

/// A header is no longer; the specification has 107 bytes for version 1, and for version 2 what its
/// extensions take, of which a certificate's names are the longest.
inline constexpr std::size_t proxy_header_bytes_max = 2048;

/// The header at the start of what a connection has given so far.
proxy_header read_proxy_header(byte_view bytes);

}  // namespace shoal::server
