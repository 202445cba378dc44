#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <shoal/net/proxy.hpp>

#include "net/http_url.hpp"

namespace shoal::net {

namespace {

constexpr std::size_t login_bytes_max = 255;  // RFC 1929

std::string_view proxy_error_text(int value) {
  switch (static_cast<proxy_errc>(value)) {
    case proxy_errc::bad_url:
      return "not a proxy; write socks5://HOST:PORT or http://HOST:PORT, with USER:PASSWORD@ before it if "
             "wanted";
    case proxy_errc::unreachable:
      return "the proxy cannot be reached; is it running?";
    case proxy_errc::not_this_kind:
      return "the proxy does not speak this protocol; are its port and socks5:// or http:// right?";
    case proxy_errc::login_wanted:
      return "the proxy wants a login; write USER:PASSWORD@ before its host";
    case proxy_errc::login_refused:
      return "the proxy refuses this user and password";
    case proxy_errc::forbidden:
      return "the proxy does not allow this connection";
    case proxy_errc::target_unreachable:
      return "the proxy cannot reach the other side";
    case proxy_errc::target_refused:
      return "the proxy says that nobody listens there";
    case proxy_errc::failed:
      return "the proxy could not connect";
    case proxy_errc::no_datagrams:
      return "UDP would go past the proxy, so it is not used";
  }
  return "unknown proxy error";
}

}  // namespace

const boost::system::error_category& proxy_category() {
  static const message_category it("shoal.proxy", proxy_error_text);
  return it;
}

std::string proxy::shown() const {
  const bool needs_brackets = host.find(':') != std::string::npos;
  return (how == kind::socks5 ? "socks5://" : "http://") + (needs_brackets ? "[" + host + "]" : host) + ":" +
         std::to_string(port);
}

result<proxy> parse_proxy(std::string_view url) {
  const auto parsed = boost::urls::parse_uri(url);
  if (!parsed || !parsed->has_authority()) {
    return proxy_errc::bad_url;
  }
  const auto port = parse_port(parsed->port());
  proxy out;
  if (parsed->scheme() == "socks5" || parsed->scheme() == "socks5h") {  // curl's name for who looks names up
    out.how = proxy::kind::socks5;
  } else if (parsed->scheme() == "http") {
    out.how = proxy::kind::http;
  } else {
    return proxy_errc::bad_url;
  }
  out.host = parsed->host_address();
  out.port = port.value_or(0);
  out.user = parsed->user();
  out.password = parsed->password();
  const bool names_a_place = !parsed->encoded_path().empty() && parsed->encoded_path() != "/";
  if (!port || !is_plain_host(out.host) || names_a_place || out.user.size() > login_bytes_max ||
      out.password.size() > login_bytes_max) {
    return proxy_errc::bad_url;
  }
  return out;
}

}  // namespace shoal::net
