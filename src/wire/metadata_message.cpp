#include <cassert>
#include <cstddef>
#include <limits>
#include <string>

#include <shoal/bencode/bencode.hpp>
#include <shoal/wire/codec.hpp>
#include <shoal/wire/metadata_message.hpp>

namespace shoal::wire {
namespace {

// Three keys, and some more of other clients' own.
constexpr bencode::limits metadata_limits{.depth_max = 4, .values_max = 64};

}  // namespace

std::vector<std::byte> encode(const metadata_message& m, byte_view data) {
  assert(m.what != metadata_message::kind::other);
  std::string out;
  bencode::writer w(out);
  w.begin_dictionary();
  w.key("msg_type").integer(static_cast<std::int64_t>(m.what));
  w.key("piece").integer(m.part);
  if (m.total_size != 0) {
    w.key("total_size").integer(static_cast<std::int64_t>(m.total_size));
  }
  w.end();
  const byte_view head = as_bytes(out);
  std::vector<std::byte> bytes;
  bytes.reserve(head.size() + data.size());
  bytes.insert(bytes.end(), head.begin(), head.end());
  bytes.insert(bytes.end(), data.begin(), data.end());
  return bytes;
}

result<metadata_frame> decode_metadata_message(byte_view payload) {
  std::size_t consumed = 0;
  const auto document = bencode::document::parse_prefix(payload, consumed, metadata_limits);
  if (document.has_error()) {
    return document.error();
  }
  const auto root = document->root();
  const auto type = root["msg_type"].integer();
  if (!type || *type < 0) {
    return errc::bad_extension_message;
  }
  metadata_frame out;
  if (*type > static_cast<std::int64_t>(metadata_message::kind::reject)) {
    out.msg.what = metadata_message::kind::other;
    return out;
  }
  out.msg.what = static_cast<metadata_message::kind>(*type);
  const auto part = root["piece"].integer();
  if (!part || *part < 0 || *part > std::numeric_limits<std::uint32_t>::max()) {
    return errc::bad_extension_message;
  }
  out.msg.part = static_cast<std::uint32_t>(*part);
  if (out.msg.what == metadata_message::kind::data) {
    const auto total = root["total_size"].integer().value_or(0);
    out.msg.total_size = total > 0 ? static_cast<std::uint64_t>(total) : 0;
    out.data = payload.subspan(consumed);
  }
  return out;
}

}  // namespace shoal::wire
