#pragma once
// One HTTP(S) GET, for trackers and later web seeds: redirects followed (no https to http), gzip not asked
// for, the whole exchange under one deadline, the body under one bound. The certificate is checked against
// the system's authorities.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include <shoal/base/endpoint.hpp>
#include <shoal/base/result.hpp>
#include <shoal/base/time.hpp>
#include <shoal/net/asio.hpp>

namespace shoal::net {

enum class http_errc {
  bad_url = 1,  ///< not http://host... or https://host...
  unsupported_scheme,
  too_many_redirects,
  unsafe_redirect,  ///< https to http, or from a public to a loopback or private address
  body_too_large,
  bad_status,  ///< not 200
};
const boost::system::error_category& http_category();
inline error make_error_code(http_errc e) {
  return {static_cast<int>(e), http_category()};
}

struct http_options {
  std::optional<ip_address> bind_address;
  duration deadline = std::chrono::seconds(20);
  std::size_t body_bytes_max = 2U << 20;
  int redirects_max = 5;
  std::string user_agent = "shoal";
  /// PEM file of authorities to trust besides the system's (a private tracker's own).
  std::string extra_ca_file;
};

struct http_reply {
  unsigned status = 0;
  std::string body;
  std::string final_url;
};

/// Gets `url`. A reply with another status than 200 is a value; its body is kept (trackers explain there).
/// The failure's subject is the URL without its query (which may carry a passkey).
awaitable<outcome<http_reply>> http_get(std::string url, http_options options);

}  // namespace shoal::net

template <>
struct boost::system::is_error_code_enum<shoal::net::http_errc> : std::true_type {};
