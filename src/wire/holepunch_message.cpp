#include <shoal/wire/codec.hpp>
#include <shoal/wire/holepunch_message.hpp>

namespace shoal::wire {

namespace {

constexpr std::uint8_t family_v4 = 0;
constexpr std::uint8_t family_v6 = 1;

}  // namespace

std::vector<std::byte> encode(const holepunch_message& m) {
  std::vector<std::byte> out;
  byte_writer w(out);
  w.u8(static_cast<std::uint8_t>(m.what));
  w.u8(m.who.address.is_v4() ? family_v4 : family_v6);
  w.bytes(m.who.address.bytes());
  w.u16(m.who.port);
  w.u32(static_cast<std::uint32_t>(m.why));
  return out;
}

result<holepunch_message> decode_holepunch_message(byte_view payload) {
  byte_reader in(payload);
  const auto what = in.u8();
  const auto family = in.u8();
  if (what > static_cast<std::uint8_t>(holepunch_message::kind::error) || family > family_v6) {
    return errc::bad_extension_message;
  }
  holepunch_message out;
  out.what = static_cast<holepunch_message::kind>(what);
  const auto address = ip_address::from_bytes(in.bytes(family == family_v4 ? 4 : 16));
  out.who.port = in.u16();
  if (in.remaining() > 0 || out.what == holepunch_message::kind::error) {
    out.why = static_cast<holepunch_message::reason>(in.u32());
  }
  if (in.failed() || in.remaining() > 0 || !address) {
    return errc::bad_extension_message;
  }
  out.who.address = *address;
  return out;
}

}  // namespace shoal::wire
