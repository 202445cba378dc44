#pragma once
// One request and one reply on a connection that serves nothing else, and what every HTTP client of ours
// thinks of replies. Beast is included in .cpp files only.

#include <cstddef>
#include <cstdint>
#include <string>

#include <shoal/base/result.hpp>
#include <shoal/net/asio.hpp>

#include "net/tls.hpp"

namespace shoal::net {

constexpr std::uint32_t http_header_bytes_max = 16 * 1024;
constexpr std::size_t http_buffer_bytes_max = 64 * 1024;

/// Whether a reply with this status names another place to ask.
bool is_redirect(unsigned status);

/// What went wrong, in words for people who do not know Beast: `http_errc`, or `e` as it is.
error in_our_words(const error& e);

struct http_answer {
  unsigned status = 0;
  std::string location;  ///< empty when there is none
  std::string body;
};

/// `request` is the whole request as sent. What goes wrong in the reply is told in `http_errc`.
awaitable<result<http_answer>> exchange(tcp::socket& stream, std::string request, std::size_t body_bytes_max);
awaitable<result<http_answer>> exchange(tls_stream& stream, std::string request, std::size_t body_bytes_max);

}  // namespace shoal::net
