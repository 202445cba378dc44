#include "app/values.hpp"

#include <bit>
#include <charconv>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <utility>

#include <boost/url/parse.hpp>

#include <shoal/base/bytes.hpp>
#include <shoal/base/units.hpp>

#include "app/text.hpp"

namespace shoal::app {

namespace {

/// Of IPv6, where only those of IPv4 are named: a network has a /64.
constexpr std::uint32_t near_v6_bits = 64;

std::string with_quotes(std::string_view text) {
  return "'" + printable(text) + "'";
}

template <class T>
parsed<T> object(std::string text) {
  return {std::nullopt, std::move(text)};
}

template <class Number>
std::optional<Number> whole_number(std::string_view text) {
  Number out{};
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), out);
  return ec == std::errc{} && end == text.data() + text.size() ? std::optional(out) : std::nullopt;
}

std::optional<ip_address> look_up(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) return std::nullopt;
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, freeaddrinfo);
  for (const auto* a = found; a != nullptr; a = a->ai_next) {
    if (a->ai_family == AF_INET) {
      sockaddr_in in{};
      std::memcpy(&in, a->ai_addr, sizeof in);
      return ip_address::from_bytes(std::as_bytes(std::span(&in.sin_addr, 1)));
    }
    if (a->ai_family == AF_INET6) {
      sockaddr_in6 in{};
      std::memcpy(&in, a->ai_addr, sizeof in);
      return ip_address::from_bytes(std::as_bytes(std::span(&in.sin6_addr, 1)));
    }
  }
  return std::nullopt;
}

parsed<std::string> parse_url(std::string_view text, std::initializer_list<std::string_view> schemes,
                              std::string_view example) {
  const auto url = boost::urls::parse_uri(text);
  if (url) {
    const auto host = url->encoded_host();
    for (const auto s : schemes) {
      if (std::string_view(url->scheme().data(), url->scheme().size()) == s && !host.empty()) {
        return {std::string(text), {}};
      }
    }
  }
  return object<std::string>(with_quotes(text) + " is no such URL; it looks like " + std::string(example));
}

}  // namespace

parsed<std::uint64_t> parse_size(std::string_view text) {
  if (const auto n = parse_bytes(text)) return {*n, {}};
  return object<std::uint64_t>(with_quotes(text) +
                               " is no size; write bytes, or a unit as in 512KiB, 8MiB, 1.5GiB");
}

parsed<std::uint32_t> parse_piece_length(std::string_view text) {
  const auto n = parse_bytes(text);
  if (n && std::has_single_bit(*n) && *n >= 16U << 10 && *n <= 128U << 20) {
    return {static_cast<std::uint32_t>(*n), {}};
  }
  return object<std::uint32_t>(with_quotes(text) +
                               " cannot be; use a power of two from 16KiB to 128MiB, such as 1MiB");
}

parsed<endpoint> parse_listen(std::string_view text) {
  const auto everywhere = ip_address::v6({});
  auto port = text;
  if (port.starts_with("*:")) port.remove_prefix(1);
  if (port.starts_with(':')) port.remove_prefix(1);
  if (const auto n = whole_number<std::uint16_t>(port)) return {endpoint{everywhere, *n}, {}};
  if (const auto e = endpoint::parse(text)) return {*e, {}};
  if (const auto a = ip_address::parse(text)) {
    return object<endpoint>(with_quotes(text) + " has no port; write " + endpoint{*a, 6881}.to_string());
  }
  return object<endpoint>(with_quotes(text) +
                          " is no address; write it as 10.0.0.1:6881, [::1]:6881, :6881 or 6881");
}

parsed<endpoint> parse_peer(std::string_view text, bool may_look_up) {
  const auto hint = "; write it as 10.0.0.1:6881, [2001:db8::1]:6881 or host:6881";
  auto found = endpoint::parse(text);
  if (const auto colon = text.rfind(':'); !found && colon != std::string_view::npos && colon > 0) {
    const std::string host(text.substr(0, colon));
    const auto port = whole_number<std::uint16_t>(text.substr(colon + 1));
    if (port && host.find_first_of(":[] /") == std::string::npos) {
      if (!may_look_up)
        return object<endpoint>(with_quotes(host) + " would be looked up past the proxy; write its address");
      const auto address = look_up(host);
      if (!address)
        return object<endpoint>(with_quotes(host) + " has no address; check the name, or write a number");
      found = endpoint{*address, *port};
    }
  }
  if (!found) return object<endpoint>(with_quotes(text) + " is no peer" + hint);
  if (found->port == 0 || found->address.is_unspecified() || found->address.is_multicast()) {
    return object<endpoint>(with_quotes(text) + " cannot be reached" + hint);
  }
  return {*found, {}};
}

parsed<duration> parse_time(std::string_view text) {
  if (const auto t = parse_duration(text); t && *t > duration{}) return {*t, {}};
  return object<duration>(with_quotes(text) + " is no time; write seconds, or a unit as in 90s, 15m, 2h");
}

parsed<std::string> parse_tracker(std::string_view text) {
  return parse_url(text, {"http", "https", "udp"}, "http://HOST:6969/announce");
}

parsed<std::string> parse_web_seed(std::string_view text) {
  return parse_url(text, {"http", "https", "ftp"}, "https://HOST/path/");
}

parsed<metainfo::file_selection> parse_files(std::string_view text) {
  if (auto selection = metainfo::parse_file_selection(text)) return {std::move(*selection), {}};
  return object<metainfo::file_selection>(
      with_quotes(text) + " selects no files; write numbers and patterns as in 0,2,6-8,*.iso");
}

parsed<double> parse_ratio(std::string_view text) {
  double number = 0;
  const auto [end, ec] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (ec == std::errc{} && end == text.data() + text.size() && number >= 0 && number < 1e9)
    return {number, {}};
  return object<double>(with_quotes(text) + " is no ratio; write a number such as 1.5");
}

parsed<std::uint32_t> parse_count(std::string_view text) {
  const auto n = whole_number<std::uint32_t>(text);
  if (n && *n > 0) return {*n, {}};
  return object<std::uint32_t>(with_quotes(text) + " is no whole number of 1 or more");
}

parsed<near_prefix> parse_near(std::string_view text) {
  const auto comma = text.find(',');
  const auto v4 = parse_count(text.substr(0, comma)).value;
  const auto v6 =
      comma == text.npos ? std::optional(near_v6_bits) : parse_count(text.substr(comma + 1)).value;
  if (!v4 || !v6 || *v4 > 32 || *v6 > 128) {
    return {std::nullopt,
            with_quotes(text) + " is no number of bits, such as 24, or 24,64 with that of IPv6"};
  }
  return {near_prefix{static_cast<std::uint8_t>(*v4), static_cast<std::uint8_t>(*v6)}, {}};
}

}  // namespace shoal::app
