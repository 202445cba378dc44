#include "server/proxy_header.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

namespace shoal::server {

namespace {

using state = proxy_header::state;

constexpr std::string_view v1_start = "PROXY ";
constexpr std::size_t v1_bytes_max = 107;
constexpr std::string_view v2_start("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::size_t v2_head_bytes = 16;
/// Version in the upper half, command in the lower.
constexpr std::uint8_t v2_local = 0x20;
constexpr std::uint8_t v2_proxy = 0x21;
/// Address family in the upper half; the transport in the lower makes no difference to the form.
constexpr std::uint8_t family_v4 = 1;
constexpr std::uint8_t family_v6 = 2;
constexpr std::size_t ports_bytes = 4;

constexpr proxy_header bad{state::bad, 0, {}};

bool begins_like(std::string_view text, std::string_view start) {
  const std::size_t n = std::min(text.size(), start.size());
  return text.substr(0, n) == start.substr(0, n);
}

/// The next word, which ends with a space.
std::string_view take_word(std::string_view& line) {
  const auto end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

std::optional<std::uint16_t> port_of(std::string_view text) {
  std::uint16_t out = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), out);
  return failed == std::errc() && end == text.data() + text.size() ? std::optional(out) : std::nullopt;
}

/// "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n"
proxy_header read_v1(std::string_view text) {
  const auto end = text.substr(0, v1_bytes_max).find("\r\n");
  if (end == std::string_view::npos) {
    return text.size() < v1_bytes_max ? proxy_header() : bad;
  }
  proxy_header out{state::whole, end + 2, {}};
  std::string_view line = text.substr(v1_start.size(), end - v1_start.size());
  const std::string_view protocol = take_word(line);
  if (protocol == "UNKNOWN") {
    return out;
  }
  const auto source = ip_address::parse(take_word(line));
  const auto destination = ip_address::parse(take_word(line));
  const auto source_port = port_of(take_word(line));
  const auto destination_port = port_of(line);
  if ((protocol != "TCP4" && protocol != "TCP6") || !source || !destination || !source_port ||
      !destination_port) {
    return bad;
  }
  out.source = endpoint{*source, *source_port};
  return out;
}

proxy_header read_v2(byte_view bytes) {
  if (bytes.size() < v2_head_bytes) {
    return {};
  }
  byte_reader in(bytes.subspan(v2_start.size()));
  const std::uint8_t command = in.u8();
  const std::uint8_t family = in.u8() >> 4;
  const std::size_t rest = in.u16();
  if ((command != v2_local && command != v2_proxy) || v2_head_bytes + rest > proxy_header_bytes_max) {
    return bad;
  }
  if (in.remaining() < rest) {
    return {};
  }
  proxy_header out{state::whole, v2_head_bytes + rest, {}};
  if (command == v2_local || (family != family_v4 && family != family_v6)) {
    return out;  // the specification wants the address of the connection then
  }
  const std::size_t address_bytes = family == family_v4 ? 4 : 16;
  if (rest < 2 * address_bytes + ports_bytes) {
    return bad;
  }
  const auto source = ip_address::from_bytes(in.bytes(address_bytes));
  in.bytes(address_bytes);
  out.source = endpoint{*source, in.u16()};
  return out;
}

}  // namespace

proxy_header read_proxy_header(byte_view bytes) {
  const std::string_view text = as_text(bytes);
  if (text.size() >= v1_start.size() && text.starts_with(v1_start)) {
    return read_v1(text);
  }
  if (text.size() >= v2_start.size() && text.starts_with(v2_start)) {
    return read_v2(bytes);
  }
  return begins_like(text, v1_start) || begins_like(text, v2_start) ? proxy_header() : bad;
}

}  // namespace shoal::server
