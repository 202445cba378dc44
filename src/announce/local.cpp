#include <algorithm>
#include <charconv>
#include <optional>

#include <shoal/announce/announce.hpp>
#include <shoal/announce/local.hpp>
#include <shoal/base/hex.hpp>

namespace shoal::announce {
namespace {

constexpr std::string_view first_line = "BT-SEARCH * HTTP/1.1";
constexpr std::size_t cookie_bytes_max = 64;
constexpr std::size_t datagram_bytes_max = 4096;

std::string_view take_line(std::string_view& text) {
  const auto end = text.find('\n');
  auto line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

bool same_word(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t'))
    text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t'))
    text.remove_suffix(1);
  return text;
}

std::optional<std::uint16_t> port_in(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (failed != std::errc{} || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

std::optional<sha1_digest> torrent_in(std::string_view text) {
  const auto bytes = from_hex(text);
  return bytes ? sha1_digest::from(*bytes) : std::nullopt;
}

bool printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

}  // namespace

endpoint local_group_v4() {
  return {ip_address::v4({239, 192, 152, 143}), 6771};
}

endpoint local_group_v6() {
  return {*ip_address::parse("ff15::efc0:988f"), 6771};
}

std::string write_local_announce(const local_announce& a, const endpoint& group) {
  std::string out(first_line);
  out += "\r\nHost: " + group.to_string() + "\r\nPort: " + std::to_string(a.port) + "\r\n";
  for (const auto& torrent : a.torrents) {
    out += "Infohash: " + to_hex(torrent.view()) + "\r\n";
  }
  if (!a.cookie.empty()) {
    out += "cookie: " + a.cookie + "\r\n";
  }
  return out + "\r\n\r\n";
}

result<local_announce> read_local_announce(std::string_view datagram) {
  if (datagram.size() > datagram_bytes_max || take_line(datagram) != first_line) {
    return errc::bad_datagram;
  }
  local_announce out;
  while (!datagram.empty()) {
    const auto line = take_line(datagram);
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const auto name = line.substr(0, colon);
    const auto value = trimmed(line.substr(colon + 1));
    if (same_word(name, "port")) {
      const auto port = port_in(value);
      if (!port) return errc::bad_datagram;
      out.port = *port;
    } else if (same_word(name, "infohash")) {
      const auto torrent = torrent_in(value);
      if (!torrent) return errc::bad_datagram;
      if (out.torrents.size() < local_announce::torrents_max) out.torrents.push_back(*torrent);
    } else if (same_word(name, "cookie") && value.size() <= cookie_bytes_max && printable(value)) {
      out.cookie = value;
    }
  }
  if (out.port == 0 || out.torrents.empty()) {
    return errc::bad_datagram;
  }
  return out;
}

}  // namespace shoal::announce
