#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <shoal/base/bytes.hpp>
#include <shoal/base/hex.hpp>

namespace {

using shoal::as_bytes;
using shoal::as_text;
using shoal::byte_reader;
using shoal::byte_writer;
using std::string;

string every_byte() {
  string all;
  for (int b = 0; b < 256; ++b) {
    all += static_cast<char>(b);
  }
  return all;
}

}  // namespace

TEST_CASE("numbers are written in network order and read back") {
  std::vector<std::byte> out;
  byte_writer w(out);
  w.u8(0x01);
  w.u16(0x0203);
  w.u32(0x04050607);
  w.u64(0x08090a0b0c0d0e0fU);
  w.text("hi");
  w.bytes(as_bytes("!"));
  CHECK(shoal::to_hex(out) == "0102030405060708090a0b0c0d0e0f686921");
  byte_reader r(out);
  CHECK(r.u8() == 0x01);
  CHECK(r.u16() == 0x0203);
  CHECK(r.u32() == 0x04050607);
  CHECK(r.u64() == 0x08090a0b0c0d0e0fU);
  CHECK(as_text(r.bytes(3)) == "hi!");
  CHECK(r.remaining() == 0);
  CHECK(!r.failed());
}

TEST_CASE("a reader past its end gives zeros and says so, for good") {
  const string input = "\x01\x02\x03";
  byte_reader r(as_bytes(input));
  CHECK(r.u32() == 0);
  CHECK(r.failed());
  CHECK(r.remaining() == 0);
  CHECK(r.u8() == 0);
  CHECK(r.bytes(0).empty());
  CHECK(r.failed());
  byte_reader huge(as_bytes(input));
  CHECK(huge.bytes(std::numeric_limits<std::size_t>::max()).empty());
  CHECK(huge.failed());
}

TEST_CASE("hexadecimal goes both ways and refuses what it is not") {
  const string all = every_byte();
  const auto hex = shoal::to_hex(as_bytes(all));
  CHECK(hex.substr(0, 8) == "00010203");
  CHECK(hex.substr(504) == "fcfdfeff");
  CHECK(as_text(shoal::from_hex(hex).value()) == all);
  CHECK(as_text(shoal::from_hex("4aF0").value()) == "\x4a\xf0");
  CHECK(shoal::from_hex("").value().empty());
  for (const char* bad : {"0", "0g", "g0", "0x10", " 00", "00 ", "-1"}) {
    CAPTURE(bad);
    CHECK(!shoal::from_hex(bad));
  }
}

TEST_CASE("percent-encoding keeps the unreserved characters of RFC 3986 and no other") {
  const string all = every_byte();
  CHECK(shoal::percent_decode(shoal::percent_encode(as_bytes(all))) == all);
  CHECK(shoal::percent_encode(as_bytes("azAZ09-._~")) == "azAZ09-._~");
  CHECK(shoal::percent_encode(as_bytes("a b&c=%/+\xff")) == "a%20b%26c%3D%25%2F%2B%FF");
  CHECK(shoal::percent_decode("a%2fb%2F+c") == "a/b/+c");
  for (const char* bad : {"%", "%4", "%4g", "%g4", "a%", "%%41"}) {
    CAPTURE(bad);
    CHECK(!shoal::percent_decode(bad));
  }
}
