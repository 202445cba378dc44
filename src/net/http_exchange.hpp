#pragma once
// One request and one reply on a connection that serves nothing else. Beast is included in its .cpp only.

#include <cstddef>
#include <string>

#include <shoal/base/result.hpp>
#include <shoal/net/asio.hpp>

#include "net/tls.hpp"

namespace shoal::net {

struct http_answer {
  unsigned status = 0;
  std::string location;  ///< empty when there is none
  std::string body;
};

/// `request` is the whole request as sent. What goes wrong in the reply is told in `http_errc`.
awaitable<result<http_answer>> exchange(tcp::socket& stream, std::string request, std::size_t body_bytes_max);
awaitable<result<http_answer>> exchange(tls_stream& stream, std::string request, std::size_t body_bytes_max);

}  // namespace shoal::net
