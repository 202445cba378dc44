#include <algorithm>
#include <charconv>
#include <limits>

#include <shoal/announce/announce.hpp>
#include <shoal/bencode/bencode.hpp>

namespace shoal::announce {

namespace {

/// A tracker that means well sends some hundreds; the bound is against one that does not.
constexpr std::size_t peers_max = 10'000;

/// Some trackers end their reply with a line break. A dictionary ends with 'e', so nothing is lost.
byte_view without_trailing_space(byte_view body) {
  while (!body.empty() && (body.back() == std::byte{'\n'} || body.back() == std::byte{'\r'} ||
                           body.back() == std::byte{' '})) {
    body = body.first(body.size() - 1);
  }
  return body;
}

result<bencode::document> parse_dictionary(byte_view body) {
  auto reply = bencode::document::parse(without_trailing_space(body));
  if (!reply || !reply->root().is_dictionary()) {
    return errc::not_bencoded;
  }
  return reply;
}

std::optional<std::uint64_t> count(bencode::node_view node) {
  const auto value = node.integer();
  return value && *value >= 0 ? std::optional(static_cast<std::uint64_t>(*value)) : std::nullopt;
}

std::optional<std::uint32_t> seconds(bencode::node_view node) {
  const auto value = count(node);
  constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
  return value ? std::optional(static_cast<std::uint32_t>(std::min(*value, most))) : std::nullopt;
}

std::string text(bencode::node_view node) {
  return std::string(node.string().value_or(std::string_view()));
}

/// BEP 31 says minutes, as a string; integers are seen too.
std::optional<std::uint32_t> retry_seconds(bencode::node_view node) {
  std::optional<std::uint64_t> minutes = count(node);
  if (const auto word = node.string()) {
    if (*word == "never") {
      return never_retry;
    }
    std::uint64_t value = 0;
    const char* const last = word->data() + word->size();
    const auto [end, ec] = std::from_chars(word->data(), last, value);
    if (ec == std::errc{} && end == last) {
      minutes = value;
    }
  }
  constexpr std::uint64_t minutes_max = (never_retry - 1) / 60;
  return minutes ? std::optional(static_cast<std::uint32_t>(std::min(*minutes, minutes_max) * 60))
                 : std::nullopt;
}

void add_peer(std::vector<announced_peer>& peers, announced_peer peer) {
  if (peer.endpoint.port != 0 && peers.size() < peers_max) {
    peers.push_back(std::move(peer));
  }
}

/// BEP 23 and BEP 7: address and port, one after the other.
bool add_compact(std::vector<announced_peer>& peers, std::string_view packed, std::size_t address_bytes) {
  const std::size_t peer_bytes = address_bytes + 2;
  const bool is_whole = packed.size() % peer_bytes == 0;
  if (is_whole) {
    unpack_peers(as_bytes(packed), peer_bytes, peers);
    peers.resize(std::min(peers.size(), peers_max));
  }
  return is_whole;
}

/// BEP 3: a list of dictionaries.
bool add_dictionaries(std::vector<announced_peer>& peers, bencode::node_view list) {
  bool good = true;
  list.for_each([&](bencode::node_view entry) {
    if (!entry.is_dictionary()) {
      good = false;
      return;
    }
    const auto address = ip_address::parse(entry["ip"].string().value_or(std::string_view()));
    const auto port = entry["port"].integer();
    if (!address || !port || *port < 1 || *port > 65535) {
      return;
    }
    const auto id = entry["peer id"].string();
    add_peer(peers, {{*address, static_cast<std::uint16_t>(*port)},
                     id ? peer_id::from(as_bytes(*id)) : std::nullopt});
  });
  return good;
}

bool add_peers(std::vector<announced_peer>& peers, bencode::node_view node, std::size_t address_bytes) {
  if (const auto packed = node.string()) {
    return add_compact(peers, *packed, address_bytes);
  }
  return node.is_list() ? add_dictionaries(peers, node) : !node;
}

}  // namespace

void unpack_peers(byte_view packed, std::size_t peer_bytes, std::vector<announced_peer>& peers) {
  byte_reader in(packed);
  while (in.remaining() >= peer_bytes) {
    const auto address = ip_address::from_bytes(in.bytes(peer_bytes - 2));
    const std::uint16_t port = in.u16();
    if (port != 0) {
      peers.push_back({{*address, port}, std::nullopt});
    }
  }
}

result<announce_response> parse_announce_response(byte_view body) {
  const auto document = parse_dictionary(body);
  if (!document) {
    return document.error();
  }
  const auto reply = document->root();
  announce_response r;
  if (const auto reason = reply["failure reason"].string()) {
    r.failure_reason = reason->empty() ? "refused without a reason" : std::string(*reason);
    r.retry_in_s = retry_seconds(reply["retry in"]);
    return r;
  }
  const auto interval = seconds(reply["interval"]);
  const bool has_peers = reply["peers"] || reply["peers6"];
  if (!interval || !has_peers || !add_peers(r.peers, reply["peers"], 4) ||
      !add_peers(r.peers, reply["peers6"], 16)) {
    return errc::bad_reply;
  }
  r.interval_s = *interval;
  r.min_interval_s = seconds(reply["min interval"]);
  r.tracker_id = text(reply["tracker id"]);
  r.complete = count(reply["complete"]);
  r.incomplete = count(reply["incomplete"]);
  if (const auto address = reply["external ip"].string()) {
    r.external_ip = ip_address::from_bytes(as_bytes(*address));
  }
  r.warning = text(reply["warning message"]);
  return r;
}

result<std::vector<scrape_entry>> parse_scrape_response(byte_view body) {
  const auto document = parse_dictionary(body);
  if (!document) {
    return document.error();
  }
  if (document->root()["failure reason"]) {
    return errc::refused;
  }
  const auto files = document->root()["files"];
  bool good = files.is_dictionary();
  std::vector<scrape_entry> entries;
  files.for_each_entry([&](std::string_view key, bencode::node_view value) {
    const auto hash = sha1_digest::from(as_bytes(key));
    if (!hash || !value.is_dictionary()) {
      good = false;
      return;
    }
    entries.push_back({*hash, count(value["complete"]).value_or(0), count(value["downloaded"]).value_or(0),
                       count(value["incomplete"]).value_or(0)});
    scrape_entry& e = entries.back();
    e.partial_seeds =
        e.incomplete - std::min(e.incomplete, count(value["downloaders"]).value_or(e.incomplete));
  });
  if (!good) {
    return errc::bad_reply;
  }
  return entries;
}

}  // namespace shoal::announce
