#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <cstring>

#include <shoal/base/endpoint.hpp>

namespace shoal {

ip_address ip_address::v4(std::array<std::uint8_t, 4> octets) {
  ip_address out;
  std::copy(octets.begin(), octets.end(), out.octets_.begin());
  return out;
}

ip_address ip_address::v6(std::array<std::uint8_t, 16> octets) {
  constexpr std::array<std::uint8_t, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (std::equal(mapped.begin(), mapped.end(), octets.begin())) {
    return v4({octets[12], octets[13], octets[14], octets[15]});
  }
  ip_address out;
  out.v4_ = false;
  out.octets_ = octets;
  return out;
}

std::optional<ip_address> ip_address::from_bytes(byte_view bytes) {
  if (bytes.size() == 4) {
    std::array<std::uint8_t, 4> octets{};
    std::memcpy(octets.data(), bytes.data(), 4);
    return v4(octets);
  }
  if (bytes.size() == 16) {
    std::array<std::uint8_t, 16> octets{};
    std::memcpy(octets.data(), bytes.data(), 16);
    return v6(octets);
  }
  return std::nullopt;
}

std::optional<ip_address> ip_address::parse(std::string_view text) {
  const std::string terminated(text);
  if (terminated.size() != std::strlen(terminated.c_str())) {
    return std::nullopt;
  }
  std::array<std::byte, 16> raw{};
  if (inet_pton(AF_INET, terminated.c_str(), raw.data()) == 1) {
    return from_bytes(byte_view(raw).first(4));
  }
  if (inet_pton(AF_INET6, terminated.c_str(), raw.data()) == 1) {
    return from_bytes(raw);
  }
  return std::nullopt;
}

byte_view ip_address::bytes() const {
  return std::as_bytes(std::span(octets_)).first(v4_ ? 4 : 16);
}

bool ip_address::is_unspecified() const {
  return std::all_of(octets_.begin(), octets_.end(), [](std::uint8_t b) { return b == 0; });
}

bool ip_address::is_loopback() const {
  if (v4_) {
    return octets_[0] == 127;
  }
  return octets_[15] == 1 &&
         std::all_of(octets_.begin(), octets_.end() - 1, [](std::uint8_t b) { return b == 0; });
}

bool ip_address::is_private() const {
  if (v4_) {
    return octets_[0] == 10 || (octets_[0] == 172 && (octets_[1] & 0xf0) == 16) ||
           (octets_[0] == 192 && octets_[1] == 168) || (octets_[0] == 169 && octets_[1] == 254) ||
           (octets_[0] == 100 && (octets_[1] & 0xc0) == 64);
  }
  return (octets_[0] & 0xfe) == 0xfc || (octets_[0] == 0xfe && (octets_[1] & 0xc0) == 0x80);
}

bool ip_address::is_multicast() const {
  return v4_ ? (octets_[0] & 0xf0) == 0xe0 : octets_[0] == 0xff;
}

std::string ip_address::to_string() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(v4_ ? AF_INET : AF_INET6, octets_.data(), text.data(), text.size());
  return text.data();
}

std::optional<endpoint> endpoint::parse(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon + 1 == text.size()) {
    return std::nullopt;
  }
  const auto digits = text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (ec != std::errc{} || end != digits.data() + digits.size()) {
    return std::nullopt;
  }
  auto host = text.substr(0, colon);
  const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) {
    host = host.substr(1, host.size() - 2);
  }
  const auto address = ip_address::parse(host);
  if (!address || (!bracketed && host.find(':') != std::string_view::npos)) {
    return std::nullopt;
  }
  return endpoint{*address, port};
}

std::string endpoint::to_string() const {
  const auto port_text = std::to_string(port);
  return address.is_v4() ? address.to_string() + ":" + port_text
                         : "[" + address.to_string() + "]:" + port_text;
}

}  // namespace shoal

std::size_t std::hash<shoal::ip_address>::operator()(const shoal::ip_address& a) const noexcept {
  return std::hash<std::string_view>{}(shoal::as_text(a.bytes()));
}
