#include <array>
#include <cstdio>

#include <shoal/announce/announce.hpp>
#include <shoal/base/hex.hpp>

namespace shoal::announce {

namespace {

std::string_view without_fragment(std::string_view url) {
  return url.substr(0, url.find('#'));
}

/// Appends parameters to a URL that may have some.
class query_writer {
 public:
  explicit query_writer(std::string& url) : url_(url) {
    const auto mark = url_.find('?');
    if (mark == std::string::npos) {
      next_ = '?';
    } else if (mark + 1 == url_.size() || url_.back() == '&') {
      next_ = '\0';
    }
  }

  void text(std::string_view name, std::string_view value) {
    if (next_ != '\0') {
      url_ += next_;
    }
    next_ = '&';
    url_ += name;
    url_ += '=';
    url_ += value;
  }
  void bytes(std::string_view name, byte_view value) { text(name, percent_encode(value)); }
  void number(std::string_view name, std::uint64_t value) { text(name, std::to_string(value)); }
  void address(std::string_view name, const std::optional<ip_address>& value) {
    if (value) {
      bytes(name, as_bytes(value->to_string()));
    }
  }

 private:
  std::string& url_;
  char next_ = '&';
};

}  // namespace

std::string announce_url(std::string_view tracker_url, const announce_request& r) {
  std::string url(without_fragment(tracker_url));
  query_writer query(url);
  query.bytes("info_hash", r.info_hash.view());
  query.bytes("peer_id", r.peer_id.view());
  query.number("port", r.port);
  query.number("uploaded", r.uploaded);
  query.number("downloaded", r.downloaded);
  query.number("left", r.left);
  query.text("compact", r.compact ? "1" : "0");
  if (r.event != event::none) {
    query.text("event", to_string(r.event));
  }
  if (r.num_want) {
    query.number("numwant", *r.num_want);
  }
  if (r.key) {
    std::array<char, 9> digits{};
    std::snprintf(digits.data(), digits.size(), "%08X", *r.key);
    query.text("key", digits.data());
  }
  if (!r.tracker_id.empty()) {
    query.bytes("trackerid", as_bytes(r.tracker_id));
  }
  if (r.no_peer_id) {
    query.text("no_peer_id", "1");
  }
  query.address("ip", r.ip);
  query.address("ipv4", r.ipv4);
  query.address("ipv6", r.ipv6);
  return url;
}

std::optional<std::string> scrape_url(std::string_view tracker_url, const std::vector<sha1_digest>& hashes) {
  constexpr std::string_view announce_word = "announce";
  const std::string_view whole = without_fragment(tracker_url);
  const std::string_view head = whole.substr(0, whole.find('?'));
  const auto scheme_end = head.find("://");
  const auto last_slash = head.rfind('/');
  if (scheme_end == std::string_view::npos || last_slash == std::string_view::npos ||
      last_slash < scheme_end + 3 || !head.substr(last_slash + 1).starts_with(announce_word)) {
    return std::nullopt;
  }
  std::string url(head.substr(0, last_slash + 1));
  url += "scrape";
  url += whole.substr(last_slash + 1 + announce_word.size());
  query_writer query(url);
  for (const auto& hash : hashes) {
    query.bytes("info_hash", hash.view());
  }
  return url;
}

}  // namespace shoal::announce
