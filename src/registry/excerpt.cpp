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

std::uint8_t marks_of(const announce::announce_request& r) {
  using announce::event;
  if (r.event == event::stopped) {
    return peer_mark::gone;
  }
  if (r.left != 0) {
    return r.event == event::paused ? peer_mark::gives | peer_mark::partial : 0;
  }
  return r.event == event::completed ? peer_mark::gives | peer_mark::completes : peer_mark::gives;
}

void write_news(const sha1_digest& info_hash, std::uint32_t completed, const endpoint& peer,
                std::uint8_t marks, std::vector<std::byte>& out) {
  byte_writer w(out);
  w.bytes(info_hash.view());
  w.u32(completed);
  w.u16(peer.address.is_v4() ? 1 : 0);
  w.u16(peer.address.is_v4() ? 0 : 1);
  w.bytes(peer.address.bytes());
  w.u16(peer.port);
  w.u8(0);
  w.u8(marks);
}

}  // namespace shoal::registry
