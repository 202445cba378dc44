#include <algorithm>
#include <cstring>
#include <string_view>

#include <shoal/wire/codec.hpp>
#include <shoal/wire/handshake.hpp>

namespace shoal::wire {
namespace {

constexpr std::string_view protocol =
    "\x13"
    "BitTorrent protocol";
constexpr std::size_t reserved_at = 20;
constexpr std::size_t info_hash_at = 28;
constexpr std::size_t peer_id_at = 48;
static_assert(protocol.size() == reserved_at && peer_id_at + peer_id::size == handshake_bytes);

}  // namespace

handshake make_handshake(const sha1_digest& info_hash, const peer_id& id) {
  handshake h{{}, info_hash, id};
  h.reserved[5] |= 0x10;
  h.reserved[7] |= 0x04;
  return h;
}

std::array<std::byte, handshake_bytes> encode(const handshake& h) {
  std::array<std::byte, handshake_bytes> out;
  std::memcpy(out.data(), protocol.data(), protocol.size());
  std::memcpy(out.data() + reserved_at, h.reserved.data(), h.reserved.size());
  std::memcpy(out.data() + info_hash_at, h.info_hash.bytes.data(), sha1_digest::size);
  std::memcpy(out.data() + peer_id_at, h.id.bytes.data(), peer_id::size);
  return out;
}

result<handshake> decode_handshake(byte_view in) {
  const std::size_t known = std::min(in.size(), protocol.size());
  if (as_text(in.first(known)) != protocol.substr(0, known)) {
    return errc::bad_protocol;
  }
  if (in.size() < handshake_bytes) {
    return errc::bad_length;
  }
  handshake h;
  std::memcpy(h.reserved.data(), in.data() + reserved_at, h.reserved.size());
  std::memcpy(h.info_hash.bytes.data(), in.data() + info_hash_at, sha1_digest::size);
  std::memcpy(h.id.bytes.data(), in.data() + peer_id_at, peer_id::size);
  return h;
}

}  // namespace shoal::wire
