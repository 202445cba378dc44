#pragma once
// A proxy through which connections are made: SOCKS5 (RFC 1928, 1929) or HTTP with CONNECT (RFC 9110). It
// looks up the names that it is given, so what we ask for is seen by nobody on the way to it but as its
// traffic.

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include <shoal/base/result.hpp>

namespace shoal::net {

struct proxy {
  enum class kind : std::uint8_t { socks5, http };
  kind how = kind::socks5;
  std::string host;  ///< a name or an address, without brackets
  std::uint16_t port = 0;
  std::string user, password;  ///< empty: none; at most 255 bytes each

  /// "socks5://10.0.0.1:1080", without user and password.
  std::string shown() const;

  friend bool operator==(const proxy&, const proxy&) = default;
};

enum class proxy_errc {
  bad_url = 1,         ///< not socks5://[user:password@]host:port or the same with http
  unreachable,         ///< the proxy itself
  not_this_kind,       ///< what answers speaks another protocol
  login_wanted,        ///< and we have none
  login_refused,       ///< user or password are wrong
  forbidden,           ///< by the proxy's rules
  target_unreachable,  ///< it cannot reach or find whom we want
  target_refused,      ///< nobody listens there
  failed,              ///< for another reason, or it gave none
  no_datagrams,        ///< UDP would go past the proxy
};
const boost::system::error_category& proxy_category();
inline error make_error_code(proxy_errc e) {
  return {static_cast<int>(e), proxy_category()};
}

/// `proxy_errc::bad_url` when it is none. The user and the password are percent-decoded.
result<proxy> parse_proxy(std::string_view url);

}  // namespace shoal::net

template <>
struct boost::system::is_error_code_enum<shoal::net::proxy_errc> : std::true_type {};
