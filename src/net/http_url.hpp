#pragma once
// What an HTTP client needs to know of a URL.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <shoal/base/result.hpp>

namespace shoal::net {

struct http_url {
  bool tls = false;
  std::string host;  ///< to look up: a name, or an address without brackets
  std::uint16_t port = 0;
  std::string authority;  ///< for the Host field: brackets, and the port when it is not the scheme's
  std::string target;     ///< path and query, never empty
  std::string text;       ///< the whole, without a fragment
};

/// A decoded host can hold anything; a name with a NUL or a space in it would be cut or misread further on.
bool is_plain_host(std::string_view host);
/// 1 to 65535, in digits.
std::optional<std::uint16_t> parse_port(std::string_view digits);
/// Errors are of `http_errc`.
result<http_url> parse_http_url(std::string_view text);
/// Where a `Location` leads, relative ones too; a step from https down to http is refused.
result<http_url> follow_location(const http_url& from, std::string_view location);

}  // namespace shoal::net
