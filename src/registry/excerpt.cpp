#include <shoal/registry/excerpt.hpp>

namespace shoal::registry {

std::optional<excerpt> next_excerpt(byte_reader& in) {
  if (in.remaining() == 0) {
    return std::nullopt;
  }
  excerpt out;
  const byte_view name = in.bytes(sha1_digest::size);
  out.completed = in.u32();
  const std::size_t v4 = in.u16();
  const std::size_t v6 = in.u16();
  out.v4 = in.bytes(v4 * excerpt_v4_bytes);
  out.v6 = in.bytes(v6 * excerpt_v6_bytes);
  if (in.failed()) {
    return std::nullopt;
  }
  out.info_hash = *sha1_digest::from(name);
  return out;
}

void write_news(const sha1_digest& info_hash, const endpoint& peer, std::uint8_t marks,
                std::vector<std::byte>& out) {
  byte_writer w(out);
  w.bytes(info_hash.view());
  w.u32(0);
  w.u16(peer.address.is_v4() ? 1 : 0);
  w.u16(peer.address.is_v4() ? 0 : 1);
  w.bytes(peer.address.bytes());
  w.u16(peer.port);
  w.u8(0);
  w.u8(marks);
}

}  // namespace shoal::registry
