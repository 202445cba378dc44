#include <algorithm>

#include <shoal/net/tracker_client.hpp>

namespace shoal::net {

namespace {

constexpr std::size_t shown_bytes_max = 256;

/// Private trackers put the member's key into the path: a long run of letters and digits.
bool looks_like_passkey(std::string_view part) {
  const auto is_key_character = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
  };
  return part.size() >= 16 && std::all_of(part.begin(), part.end(), is_key_character) &&
         std::any_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string shown_path(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    const auto end = std::min(path.find('/', 1), path.size());
    const std::string_view part = path.substr(1, end - 1);
    out += looks_like_passkey(part) ? "/..." : path.substr(0, end);
    path.remove_prefix(end);
  }
  return out;
}

}  // namespace

std::string shown_url(const std::string& tracker_url) {
  std::string_view rest = tracker_url;
  rest = rest.substr(0, rest.find_first_of("?#"));
  std::string out;
  if (const auto mark = rest.find("://"); mark != std::string_view::npos) {
    out = rest.substr(0, mark + 3);
    rest.remove_prefix(mark + 3);
  }
  std::string_view host = rest.substr(0, rest.find('/'));
  const std::string_view path = rest.substr(host.size());
  if (const auto at = host.rfind('@'); at != std::string_view::npos) {  // a user name and a password
    host.remove_prefix(at + 1);
  }
  out += host;
  out += shown_path(path);
  out.resize(std::min(out.size(), shown_bytes_max));
  std::replace_if(out.begin(), out.end(), [](char c) { return c < ' ' || c == 0x7f; }, '?');
  return out;
}

}  // namespace shoal::net
