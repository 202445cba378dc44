#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

#include <shoal/base/hex.hpp>
#include <shoal/metainfo/magnet_link.hpp>

#include "metainfo/url_list.hpp"

namespace shoal::metainfo {

namespace {

constexpr std::string_view scheme = "magnet:?";
constexpr std::string_view btih = "urn:btih:";
constexpr std::string_view btmh_sha256 = "urn:btmh:1220";  // multihash: SHA2-256 (0x12), 32 bytes (0x20)

bool starts_with_any_case(std::string_view text, std::string_view lower) {
  return text.size() >= lower.size() &&
         std::equal(lower.begin(), lower.end(), text.begin(),
                    [](char a, char b) { return a == std::tolower(static_cast<unsigned char>(b)); });
}

/// RFC 4648, either case, no padding: 32 characters are 20 bytes exactly.
std::optional<sha1_digest> from_base32(std::string_view text) {
  constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyz234567";
  if (text.size() != 32) {
    return std::nullopt;
  }
  sha1_digest out;
  std::size_t filled = 0;
  unsigned bits = 0;
  unsigned bit_count = 0;
  for (const char c : text) {
    const auto value = alphabet.find(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
    if (value == std::string_view::npos) {
      return std::nullopt;
    }
    bits = (bits << 5) | static_cast<unsigned>(value);
    bit_count += 5;
    if (bit_count >= 8) {
      bit_count -= 8;
      out.bytes[filled++] = static_cast<std::byte>(bits >> bit_count);
      bits &= (1U << bit_count) - 1;
    }
  }
  return out;
}

template <class Digest>
std::optional<Digest> digest_from_hex(std::string_view text) {
  const auto bytes = from_hex(text);
  return bytes ? Digest::from(*bytes) : std::nullopt;
}

/// Topics of other kinds are passed over.
void read_topic(std::string_view topic, info_hash& hash) {
  if (starts_with_any_case(topic, btih) && !hash.v1) {
    const auto digits = topic.substr(btih.size());
    hash.v1 = digest_from_hex<sha1_digest>(digits);
    if (!hash.v1) {
      hash.v1 = from_base32(digits);
    }
  } else if (starts_with_any_case(topic, btmh_sha256) && !hash.v2) {
    hash.v2 = digest_from_hex<sha256_digest>(topic.substr(btmh_sha256.size()));
  }
}

void add_url(std::vector<std::string>& urls, std::string&& url) {
  if (urls.size() < urls_max && is_usable_url(url)) {
    urls.push_back(std::move(url));
  }
}

/// "0,2,6-8"
void read_selection(std::string_view text, std::vector<file_range>& files) {
  while (!text.empty() && files.size() < urls_max) {
    const auto comma = std::min(text.find(','), text.size());
    const auto item = text.substr(0, comma);
    if (const auto range = parse_file_range(item)) {
      files.push_back(*range);
    }
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
}

std::string selection_text(const std::vector<file_range>& files) {
  std::string out;
  for (const auto& range : files) {
    out += (out.empty() ? "" : ",") + std::to_string(range.first);
    out += range.last > range.first ? "-" + std::to_string(range.last) : "";
  }
  return out;
}

/// "tr" and "tr.1" alike: several links number their parameters.
std::string_view without_number(std::string_view name) {
  const auto dot = name.rfind('.');
  const bool numbered = dot != std::string_view::npos && dot + 1 < name.size() &&
                        name.find_first_not_of("0123456789", dot + 1) == std::string_view::npos;
  return numbered ? name.substr(0, dot) : name;
}

error read_parameter(std::string_view parameter, magnet_link& link) {
  const auto equals = parameter.find('=');
  if (equals == std::string_view::npos) {
    return {};
  }
  const auto name = without_number(parameter.substr(0, equals));
  std::string encoded(parameter.substr(equals + 1));
  if (name == "dn") {
    std::replace(encoded.begin(), encoded.end(), '+', ' ');  // as web forms write names
  }
  auto value = percent_decode(encoded);
  if (!value) {
    return errc::bad_magnet;
  }
  if (name == "xt") {
    read_topic(*value, link.info_hash);
  } else if (name == "dn" && link.name.empty()) {
    link.name = std::move(*value);
  } else if (name == "tr") {
    add_url(link.trackers, std::move(*value));
  } else if (name == "ws") {
    add_url(link.web_seeds, std::move(*value));
  } else if (name == "x.pe") {
    add_url(link.peers, std::move(*value));
  } else if (name == "so") {
    read_selection(*value, link.files);
  }
  return {};
}

void append_parameters(std::string& out, std::string_view name, const std::vector<std::string>& values) {
  for (const auto& value : values) {
    out += '&';
    out += name;
    out += '=';
    out += percent_encode(as_bytes(value));
  }
}

}  // namespace

result<magnet_link> parse_magnet(std::string_view uri) {
  if (!starts_with_any_case(uri, scheme)) {
    return errc::bad_magnet;
  }
  magnet_link link;
  for (auto rest = uri.substr(scheme.size()); !rest.empty();) {
    const auto end = rest.find('&');
    if (const error e = read_parameter(rest.substr(0, end), link)) {
      return e;
    }
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  if (!link.info_hash.v1) {
    return link.info_hash.v2 ? errc::only_v2 : errc::no_info_hash;
  }
  return link;
}

std::string write_magnet(const magnet_link& link) {
  std::string out(scheme);
  if (link.info_hash.v1) {
    out += "xt=";
    out += btih;
    out += to_hex(link.info_hash.v1->view());
  }
  if (link.info_hash.v2) {
    out += link.info_hash.v1 ? "&xt=" : "xt=";
    out += btmh_sha256;
    out += to_hex(link.info_hash.v2->view());
  }
  if (!link.name.empty()) {
    append_parameters(out, "dn", {link.name});
  }
  append_parameters(out, "tr", link.trackers);
  append_parameters(out, "ws", link.web_seeds);
  append_parameters(out, "x.pe", link.peers);
  if (!link.files.empty()) {
    out += "&so=" + selection_text(link.files);
  }
  return out;
}

magnet_link magnet_of(const torrent_info& t) {
  magnet_link link;
  link.info_hash = t.info_hash;
  link.name = t.name;
  for (const auto& tier : t.trackers) {
    link.trackers.insert(link.trackers.end(), tier.begin(), tier.end());
  }
  link.web_seeds = t.web_seeds;
  return link;
}

}  // namespace shoal::metainfo
