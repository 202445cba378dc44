#include <algorithm>
#include <cstddef>
#include <limits>
#include <string_view>

#include <shoal/bencode/bencode.hpp>
#include <shoal/wire/codec.hpp>
#include <shoal/wire/extension.hpp>

namespace shoal::wire {
namespace {

// Far more than any client sends; what a hostile one sends beyond it is not kept.
constexpr bencode::limits handshake_limits{.depth_max = 8, .values_max = 4096};
constexpr std::size_t extensions_max = 64;
constexpr std::size_t name_bytes_max = 64;
constexpr std::size_t client_bytes_max = 64;

/// The first bytes of a text, without a UTF-8 character torn at the end.
std::string_view cut(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) {
    return text;
  }
  std::size_t size = bytes_max;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0U) == 0x80U) {
    --size;
  }
  return text.substr(0, size);
}

/// A positive number of at most T's greatest; nothing when it is none.
template <class T>
std::optional<T> positive(bencode::node_view node) {
  const auto n = node.integer();
  if (!n || *n <= 0 || static_cast<std::uint64_t>(*n) > std::numeric_limits<T>::max()) {
    return std::nullopt;
  }
  return static_cast<T>(*n);
}

}  // namespace

std::optional<std::uint8_t> extension_handshake::id_of(std::string_view extension) const {
  const auto found = ids.find(std::string(extension));
  if (found == ids.end()) {
    return std::nullopt;
  }
  const auto sharers =
      std::count_if(ids.begin(), ids.end(), [&](const auto& e) { return e.second == found->second; });
  return sharers == 1 ? found->second : std::uint8_t{0};
}

std::vector<std::byte> encode(const extension_handshake& h) {
  std::string out;
  bencode::writer w(out);
  w.begin_dictionary();
  w.key("m").begin_dictionary();
  for (const auto& [name, id] : h.ids) {
    w.key(name).integer(id);
  }
  w.end();
  if (h.metadata_size) {
    w.key("metadata_size").integer(static_cast<std::int64_t>(*h.metadata_size));
  }
  if (h.listen_port) {
    w.key("p").integer(*h.listen_port);
  }
  if (h.requests_max) {
    w.key("reqq").integer(*h.requests_max);
  }
  if (h.upload_only) {
    w.key("upload_only").integer(*h.upload_only ? 1 : 0);
  }
  if (h.client) {
    w.key("v").string(cut(*h.client, client_bytes_max));
  }
  if (h.your_address) {
    w.key("yourip").string(h.your_address->bytes());
  }
  w.end();
  const byte_view bytes = as_bytes(out);
  return {bytes.begin(), bytes.end()};
}

result<extension_handshake> decode_extension_handshake(byte_view payload) {
  std::size_t consumed = 0;
  const auto document = bencode::document::parse_prefix(payload, consumed, handshake_limits);
  if (document.has_error()) {
    return document.error();
  }
  const auto root = document->root();
  if (!root.is_dictionary()) {
    return errc::bad_extension_handshake;
  }
  extension_handshake h;
  root["m"].for_each_entry([&h](std::string_view name, bencode::node_view id) {
    const auto n = id.integer();
    if (n && *n >= 0 && *n <= 255 && name.size() <= name_bytes_max && h.ids.size() < extensions_max) {
      h.ids.emplace(name, static_cast<std::uint8_t>(*n));
    }
  });
  if (const auto client = root["v"].string()) {
    h.client = cut(*client, client_bytes_max);
  }
  h.listen_port = positive<std::uint16_t>(root["p"]);
  h.requests_max = positive<std::uint32_t>(root["reqq"]);
  if (const auto address = root["yourip"].string()) {
    h.your_address = ip_address::from_bytes(as_bytes(*address));
  }
  h.metadata_size = positive<std::uint64_t>(root["metadata_size"]);
  if (const auto only = root["upload_only"].integer()) {
    h.upload_only = *only != 0;
  }
  return h;
}

std::vector<std::byte> encode_dont_have(piece_index p) {
  std::vector<std::byte> out;
  byte_writer(out).u32(p.value());
  return out;
}

std::optional<piece_index> decode_dont_have(byte_view payload) {
  byte_reader in(payload);
  const piece_index p(in.u32());
  return in.failed() || in.remaining() > 0 ? std::nullopt : std::optional(p);
}

}  // namespace shoal::wire
