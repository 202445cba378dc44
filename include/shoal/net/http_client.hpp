#pragma once
// One HTTP(S) GET, for trackers and later web seeds: redirects followed with care, gzip taken, the
// whole exchange (names, connecting, TLS, redirects, body) under one deadline, header and body under bounds.
// The certificate and its host name are checked against the system's authorities. No cookies, no connection
// kept: an announce comes once in many minutes.

#include <cstddef>
#include <string>

#include <shoal/base/result.hpp>
#include <shoal/base/time.hpp>
#include <shoal/net/asio.hpp>
#include <shoal/net/route.hpp>

namespace shoal::net {

enum class http_errc {
  bad_url = 1,  ///< not http://host... or https://host...
  unsupported_scheme,
  too_many_redirects,
  unsafe_redirect,  ///< https to http, or from a public to a loopback or private address
  body_too_large,
  bad_status,        ///< not 200
  not_http,          ///< the answer is no HTTP, or its header has no end
  incomplete_reply,  ///< the connection was closed before the reply was whole
  deadline_passed,
  wrong_range,     ///< another part of the file, of another length, or of another file than was asked for
  ignores_ranges,  ///< sends whole files, and this one is too large for that
  no_such_file,    ///< or not for us: 401, 403, 404, 410, 416
};
const boost::system::error_category& http_category();
inline error make_error_code(http_errc e) {
  return {static_cast<int>(e), http_category()};
}

/// Of errors that say why a server's certificate was refused; the values are OpenSSL's X509_V_ERR_*.
const boost::system::error_category& certificate_category();

struct http_options {
  route by;
  duration deadline = std::chrono::seconds(20);
  std::size_t body_bytes_max = 2U << 20;  ///< packed and unpacked
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
/// The failure's subject is the URL as it may be shown (without a query, which may carry a passkey), or the
/// extra authorities' file. Runs on the caller's executor, a strand.
awaitable<outcome<http_reply>> http_get(std::string url, http_options options);

}  // namespace shoal::net

template <>
struct boost::system::is_error_code_enum<shoal::net::http_errc> : std::true_type {};
