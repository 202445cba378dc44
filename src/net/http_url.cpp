#include "net/http_url.hpp"

#include <algorithm>
#include <charconv>

#include <boost/url/parse.hpp>
#include <boost/url/url.hpp>
#include <boost/url/url_view.hpp>

#include <shoal/net/http_client.hpp>

namespace shoal::net {

namespace urls = boost::urls;

namespace {

result<http_url> from_view(const urls::url_view& u) {
  const bool tls = u.scheme_id() == urls::scheme::https;
  if (!tls && u.scheme_id() != urls::scheme::http) {
    return http_errc::unsupported_scheme;
  }
  http_url out;
  out.tls = tls;
  out.host = u.host_address();
  if (!u.has_authority() || !is_plain_host(out.host)) {
    return http_errc::bad_url;
  }
  const std::uint16_t usual_port = tls ? 443 : 80;
  out.port = usual_port;
  if (u.has_port() && !u.port().empty()) {
    const auto port = parse_port(u.port());
    if (!port) {
      return http_errc::bad_url;
    }
    out.port = *port;
  }
  out.authority = u.encoded_host();
  if (out.port != usual_port) {
    out.authority += ":" + std::to_string(out.port);
  }
  out.target = u.encoded_target();
  if (u.encoded_path().empty()) {
    out.target.insert(0, "/");
  }
  out.text = (tls ? "https://" : "http://") + out.authority + out.target;
  return out;
}

}  // namespace

bool is_plain_host(std::string_view host) {
  return !host.empty() && host.size() <= 255 &&
         std::all_of(host.begin(), host.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

std::optional<std::uint16_t> parse_port(std::string_view digits) {
  std::uint16_t port = 0;
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  const bool whole = failed == std::errc{} && end == digits.data() + digits.size();
  return whole && port != 0 ? std::optional(port) : std::nullopt;
}

result<http_url> parse_http_url(std::string_view text) {
  const auto parsed = urls::parse_uri(text);
  if (!parsed) {
    return http_errc::bad_url;
  }
  return from_view(*parsed);
}

result<http_url> follow_location(const http_url& from, std::string_view location) {
  const auto base = urls::parse_uri(from.text);
  const auto reference = urls::parse_uri_reference(location);
  if (!base || !reference) {
    return http_errc::bad_url;
  }
  urls::url resolved;
  if (!urls::resolve(*base, *reference, resolved)) {
    return http_errc::bad_url;
  }
  result<http_url> to = from_view(resolved);
  if (to && from.tls && !to->tls) {
    return http_errc::unsafe_redirect;
  }
  return to;
}

}  // namespace shoal::net
