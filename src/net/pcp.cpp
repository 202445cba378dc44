#include "net/pcp.hpp"

#include <algorithm>

namespace shoal::net {

namespace {

constexpr std::uint8_t pcp_version = 2;
constexpr std::uint8_t op_map = 1;
constexpr std::uint8_t is_reply = 0x80;
constexpr std::uint8_t protocol_tcp = 6;
constexpr std::size_t longest = 1100;  // RFC 6887, section 7

constexpr std::array<std::byte, 12> before_v4{
    {{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, std::byte{0xff}, std::byte{0xff}}};

/// Addresses are 16 bytes always; an IPv4 address is one in ::ffff:0:0/96.
void put(span_writer& out, const ip_address& a) {
  if (a.is_v4()) out.bytes(before_v4);
  out.bytes(a.bytes());
}

}  // namespace

std::array<std::byte, pcp_map_bytes> encode(const pcp_map_request& r) {
  std::array<std::byte, pcp_map_bytes> room{};
  span_writer out(room);
  out.u8(pcp_version);
  out.u8(op_map);
  out.u16(0);
  out.u32(r.lifetime_s);
  put(out, r.client);
  out.bytes(r.nonce);
  out.u8(protocol_tcp);
  out.u8(0);
  out.u16(0);
  out.u16(r.port);
  out.u16(r.wished.port);
  put(out, r.wished.address);
  return room;
}

std::optional<pcp_map_reply> decode_pcp_reply(byte_view bytes, const pcp_map_request& asked) {
  if (bytes.size() > longest || bytes.size() % 4 != 0) return std::nullopt;
  byte_reader in(bytes);
  pcp_map_reply out;
  if (in.u8() != pcp_version || in.u8() != (is_reply | op_map)) return std::nullopt;
  in.u8();
  out.result = in.u8();
  out.lifetime_s = in.u32();
  in.bytes(4 + 12);  // the gateway's clock, reserved
  const bool same_nonce = std::ranges::equal(in.bytes(asked.nonce.size()), asked.nonce);
  const bool same_protocol = in.u8() == protocol_tcp;
  in.bytes(3);
  const bool same_port = in.u16() == asked.port;
  out.outside.port = in.u16();
  const auto address = ip_address::from_bytes(in.bytes(16));
  if (in.failed() || !same_nonce || !same_protocol || !same_port) return std::nullopt;
  out.outside.address = *address;
  return out;
}

}  // namespace shoal::net
