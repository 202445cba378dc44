#pragma once
// An address and a port, as values: the core passes them on, compares and stores them, and never resolves or
// opens anything. IPv4-mapped IPv6 addresses are turned into IPv4 on the way in, so one host is one address.

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <shoal/base/bytes.hpp>

namespace shoal {

class ip_address {
 public:
  /// 0.0.0.0
  constexpr ip_address() = default;
  static ip_address v4(std::array<std::uint8_t, 4> octets);
  /// Maps ::ffff:a.b.c.d to a.b.c.d.
  static ip_address v6(std::array<std::uint8_t, 16> octets);
  /// From 4 or 16 bytes in network order; nothing for any other length.
  static std::optional<ip_address> from_bytes(byte_view bytes);
  /// "10.0.0.1" or "2001:db8::1" (no brackets, no zone); nothing when it is neither.
  static std::optional<ip_address> parse(std::string_view text);

  bool is_v4() const { return v4_; }
  bool is_v6() const { return !v4_; }
  /// 4 or 16 bytes in network order.
  byte_view bytes() const;

  bool is_unspecified() const;
  bool is_loopback() const;
  /// RFC 1918, RFC 6598, link-local, unique local: addresses that mean something only on this network.
  bool is_private() const;
  bool is_multicast() const;

  std::string to_string() const;

  friend auto operator<=>(const ip_address&, const ip_address&) = default;

 private:
  bool v4_ = true;
  std::array<std::uint8_t, 16> octets_{};  // an IPv4 address uses the first four
};

struct endpoint {
  ip_address address;
  std::uint16_t port = 0;

  /// "10.0.0.1:6881" or "[2001:db8::1]:6881"; nothing when it is neither or the port is missing.
  static std::optional<endpoint> parse(std::string_view text);
  std::string to_string() const;

  friend auto operator<=>(const endpoint&, const endpoint&) = default;
};

}  // namespace shoal

template <>
struct std::hash<shoal::ip_address> {
  std::size_t operator()(const shoal::ip_address& a) const noexcept;
};
template <>
struct std::hash<shoal::endpoint> {
  std::size_t operator()(const shoal::endpoint& e) const noexcept {
    return std::hash<shoal::ip_address>{}(e.address) * 31 + e.port;
  }
};
