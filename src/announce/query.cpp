#include <algorithm>
#include <charconv>
#include <limits>

#include <shoal/announce/announce.hpp>
#include <shoal/base/hex.hpp>

namespace shoal::announce {

namespace {

/// Calls f(name, value) for each parameter, value still encoded; stops when f returns an error.
template <class F>
error for_each_parameter(std::string_view query, F f) {
  while (!query.empty()) {
    const auto end = query.find('&');
    const std::string_view parameter = query.substr(0, end);
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
    const auto equals = parameter.find('=');
    const std::string_view name = parameter.substr(0, equals);
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view() : parameter.substr(equals + 1);
    if (const error e = f(name, value)) {
      return e;
    }
  }
  return {};
}

template <class Integer>
std::optional<Integer> parse_number(std::string_view text, int base = 10) {
  Integer value{};
  const char* const last = text.data() + text.size();
  const auto [end, ec] = std::from_chars(text.data(), last, value, base);
  return ec == std::errc{} && end == last ? std::optional(value) : std::nullopt;
}

/// A plus sign is a space, as in web forms: clients written with a library for those send 0x20 so, and 0x2B
/// always as %2B.
std::optional<std::string> decode_value(std::string_view encoded) {
  std::string text(encoded);
  std::replace(text.begin(), text.end(), '+', ' ');
  return percent_decode(text);
}

template <class Fixed>
std::optional<Fixed> parse_fixed(std::string_view encoded) {
  const auto decoded = decode_value(encoded);
  return decoded ? Fixed::from(as_bytes(*decoded)) : std::nullopt;
}

/// Clients write 32 bits in hexadecimal (libtorrent, Transmission) or any text (aria2). Text is hashed
/// (FNV-1a): all that counts is whether two keys are equal.
std::uint32_t parse_key(std::string_view text) {
  if (text.size() <= 8) {
    if (const auto number = parse_number<std::uint32_t>(text, 16)) {
      return *number;
    }
  }
  std::uint32_t h = 2166136261U;
  for (const char c : text) {
    h = (h ^ static_cast<unsigned char>(c)) * 16777619U;
  }
  return h;
}

event parse_event(std::string_view text) {
  for (const event e : {event::started, event::completed, event::stopped, event::paused}) {
    if (text == to_string(e)) {
      return e;
    }
  }
  return event::none;  // absent, empty, or another client's invention
}

/// An address, alone or with a port (BEP 7 allows both). BEP 3's host names are not resolved.
std::optional<ip_address> parse_address(std::string_view encoded) {
  const auto text = decode_value(encoded);
  if (!text) {
    return std::nullopt;
  }
  if (const auto address = ip_address::parse(*text)) {
    return address;
  }
  const auto with_port = endpoint::parse(*text);
  return with_port ? std::optional(with_port->address) : std::nullopt;
}

template <class T>
void keep_first(std::optional<T>& slot, std::optional<T> value) {
  if (!slot) {
    slot = std::move(value);
  }
}

/// What has been read so far; an absent field is still to come.
struct announce_fields {
  std::optional<sha1_digest> info_hash;
  std::optional<shoal::peer_id> peer_id;
  std::optional<std::uint16_t> port;
  std::optional<std::uint64_t> uploaded, downloaded, left;
  std::optional<announce::event> event;
  std::optional<std::int64_t> num_want;
  std::optional<std::uint32_t> key;
  std::optional<std::string> tracker_id;
  std::optional<bool> compact, no_peer_id;
  std::optional<ip_address> ip, ipv4, ipv6;

  error take(std::string_view name, std::string_view value);
};

template <class T>
error keep_first_or(errc failure, std::optional<T>& slot, std::optional<T> value) {
  if (!value) {
    return failure;
  }
  keep_first(slot, std::move(value));
  return {};
}

error announce_fields::take(std::string_view name, std::string_view value) {
  if (name == "info_hash") {
    return keep_first_or(errc::missing_info_hash, info_hash, parse_fixed<sha1_digest>(value));
  }
  if (name == "peer_id") {
    return keep_first_or(errc::missing_peer_id, peer_id, parse_fixed<shoal::peer_id>(value));
  }
  if (name == "port") {
    return keep_first_or(errc::missing_port, port, parse_number<std::uint16_t>(value));
  }
  if (name == "uploaded") {
    return keep_first_or(errc::bad_query, uploaded, parse_number<std::uint64_t>(value));
  }
  if (name == "downloaded") {
    return keep_first_or(errc::bad_query, downloaded, parse_number<std::uint64_t>(value));
  }
  if (name == "left") {
    return keep_first_or(errc::bad_query, left, parse_number<std::uint64_t>(value));
  }
  if (name == "numwant") {
    return keep_first_or(errc::bad_query, num_want, parse_number<std::int64_t>(value));
  }
  if (name == "trackerid") {
    return keep_first_or(errc::bad_query, tracker_id, decode_value(value));
  }
  if (name == "key") {
    keep_first(key, std::optional(parse_key(value)));
  } else if (name == "event") {
    keep_first(event, std::optional(parse_event(value)));
  } else if (name == "compact") {
    keep_first(compact, std::optional(value != "0"));
  } else if (name == "no_peer_id") {
    keep_first(no_peer_id, std::optional(value != "0"));
  } else if (name == "ip") {
    keep_first(ip, parse_address(value));
  } else if (name == "ipv4") {
    keep_first(ipv4, parse_address(value));
  } else if (name == "ipv6") {
    keep_first(ipv6, parse_address(value));
  }
  return {};
}

/// -1 is how some clients say that they have no wish.
std::optional<std::uint32_t> wish(std::optional<std::int64_t> num_want) {
  if (!num_want || *num_want < 0) {
    return std::nullopt;
  }
  constexpr std::int64_t most = std::numeric_limits<std::uint32_t>::max();
  return static_cast<std::uint32_t>(std::min(*num_want, most));
}

}  // namespace

result<announce_request> parse_announce_query(std::string_view query) {
  announce_fields f;
  const error e = for_each_parameter(
      query, [&](std::string_view name, std::string_view value) { return f.take(name, value); });
  if (e) {
    return e;
  }
  if (!f.info_hash) {
    return errc::missing_info_hash;
  }
  if (!f.peer_id) {
    return errc::missing_peer_id;
  }
  if (!f.port) {
    return errc::missing_port;
  }
  announce_request r;
  r.info_hash = *f.info_hash;
  r.peer_id = *f.peer_id;
  r.port = *f.port;
  r.uploaded = f.uploaded.value_or(0);
  r.downloaded = f.downloaded.value_or(0);
  r.left = f.left.value_or(1);
  r.event = f.event.value_or(event::none);
  r.num_want = wish(f.num_want);
  r.key = f.key;
  r.tracker_id = std::move(f.tracker_id).value_or(std::string());
  r.compact = f.compact.value_or(true);  // BEP 23 suggests it where nothing is asked for
  r.no_peer_id = f.no_peer_id.value_or(false);
  r.ip = f.ip;
  if (f.ipv4 && f.ipv4->is_v4()) {
    r.ipv4 = f.ipv4;
  }
  if (f.ipv6 && f.ipv6->is_v6()) {
    r.ipv6 = f.ipv6;
  }
  return r;
}

result<std::vector<sha1_digest>> parse_scrape_query(std::string_view query, std::size_t hashes_max) {
  std::vector<sha1_digest> hashes;
  const error e = for_each_parameter(query, [&](std::string_view name, std::string_view value) -> error {
    if (name != "info_hash" || hashes.size() >= hashes_max) {
      return {};
    }
    const auto hash = parse_fixed<sha1_digest>(value);
    if (!hash) {
      return errc::missing_info_hash;
    }
    hashes.push_back(*hash);
    return {};
  });
  if (e) {
    return e;
  }
  return hashes;
}

}  // namespace shoal::announce
