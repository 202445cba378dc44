#include <cstddef>
#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include <shoal/base/hex.hpp>
#include <shoal/wire/codec.hpp>
#include <shoal/wire/handshake.hpp>

namespace {

using namespace shoal;
using namespace shoal::wire;

std::vector<std::byte> bytes(std::string_view hex) {
  return from_hex(hex).value();
}

}  // namespace

TEST_CASE("a length beyond every limit is refused at its fourth byte") {
  const auto in = bytes("ffffffff07");
  frame out;
  for (std::size_t n = 0; n <= in.size(); ++n) {
    CAPTURE(n);
    std::size_t needed = 0;
    const auto r = decode(byte_view(in).first(n), limits{}, out, &needed);
    if (n < 4) {
      REQUIRE(r.has_value());
      CHECK(*r == 0);
      CHECK(needed == 4);
    } else {
      REQUIRE(r.has_error());
      CHECK(r.error() == errc::frame_too_long);
    }
  }
}

TEST_CASE("a length beyond its kind's limit is refused at the id") {
  struct row {
    std::string_view head;
    errc expected;
  };
  const row rows[] = {
      {"0000000a05", errc::frame_too_long},  // nine bytes of bits where eight may be
      {"0000004a07", errc::frame_too_long},  // 65 of a block where 64 may be
      {"0000000b14", errc::frame_too_long},  // nine of an extended payload where eight may be
      {"00000041fe", errc::frame_too_long},  // 65 of who knows what where 64 may be
      {"0000000200", errc::bad_length},      // choke with a body
      {"0000000404", errc::bad_length},      // have, one byte short
      {"0000000604", errc::bad_length},      // have, one byte over
      {"0000000807", errc::bad_length},      // piece without room for its head
      {"0000000114", errc::bad_length},      // extended without an extended id
  };
  for (const auto& [head, expected] : rows) {
    CAPTURE(head);
    const auto in = bytes(head);
    // Another kind may be long, so that the length alone condemns nothing.
    const bool of_bits = in[4] == std::byte{5};
    const limits l{64, of_bits ? 8U : 1024U, of_bits ? 1024U : 8U, 64};
    frame out;
    std::size_t needed = 0;
    const auto early = decode(byte_view(in).first(4), l, out, &needed);
    REQUIRE(early.has_value());
    CHECK(*early == 0);
    CHECK(needed >= in.size());
    const auto r = decode(in, l, out);
    REQUIRE(r.has_error());
    CHECK(r.error() == expected);
  }
}

TEST_CASE("the largest of each kind is accepted") {
  struct row {
    std::uint8_t id;
    std::uint32_t length;
  };
  const limits l;
  const row rows[] = {{7, 9 + l.block_bytes_max},
                      {5, 1 + l.bitfield_bytes_max},
                      {20, 2 + l.extended_bytes_max},
                      {0xfe, l.unknown_bytes_max}};
  for (const auto& [id, length] : rows) {
    CAPTURE(int{id});
    std::vector<std::byte> in;
    byte_writer w(in);
    w.u32(length);
    w.u8(id);
    in.resize(4 + length);
    frame out;
    CHECK(decode(in, l, out).value() == in.size());
  }
}

TEST_CASE("limits of four GiB do not wrap") {
  const limits l{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff};
  const auto in = bytes("ffffffff07");
  frame out;
  std::size_t needed = 0;
  CHECK(decode(in, l, out, &needed).value() == 0);
  CHECK(needed == std::size_t{4} + 0xffffffff);
}

TEST_CASE("a piece's payload stays in the input") {
  auto in = bytes("0000000c070000000200004000aabbcc");
  in.push_back(std::byte{0xdd});
  frame out;
  REQUIRE(decode(in, limits{}, out).value() == 16);
  CHECK(std::get<piece>(out.msg).block == block_ref{piece_index(2), 0x4000, 3});
  CHECK(out.payload.data() == in.data() + piece_head_bytes);
  CHECK(out.payload.size() == 3);

  SUBCASE("and the next frame forgets it") {
    REQUIRE(decode(bytes("0000000100"), limits{}, out).value() == 5);
    CHECK(out.payload.empty());
  }
  SUBCASE("as does a keep-alive") {
    REQUIRE(decode(bytes("00000000"), limits{}, out).value() == 4);
    CHECK(out.payload.empty());
  }
}

TEST_CASE("a handshake is refused at its first wrong byte") {
  peer_id id;
  id.bytes.fill(std::byte{0x2d});
  const auto h = make_handshake(sha1_digest{}, id);
  CHECK(h.has_fast());
  CHECK(h.has_extended());
  CHECK_FALSE(h.has_dht());
  CHECK_FALSE(h.has_v2());
  const auto whole = encode(h);
  CHECK(decode_handshake(whole).value() == h);
  for (std::size_t n = 0; n < whole.size(); ++n) {
    CAPTURE(n);
    CHECK(decode_handshake(byte_view(whole).first(n)).error() == errc::bad_length);
    if (n < 20) {
      auto wrong = whole;
      wrong[n] ^= std::byte{1};
      CHECK(decode_handshake(byte_view(wrong).first(n + 1)).error() == errc::bad_protocol);
    }
  }
}
