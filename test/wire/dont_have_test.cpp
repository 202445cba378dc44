#include <doctest/doctest.h>

#include <shoal/wire/extension.hpp>

using namespace shoal;
using namespace shoal::wire;

TEST_CASE("the loss of a piece is four bytes, no more and no less") {
  const std::vector<std::byte> bytes{std::byte{0}, std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4}};
  const piece_index p(0x00010203);
  CHECK(decode_dont_have(byte_view(bytes).first(4)) == p);
  CHECK(encode_dont_have(p) == std::vector<std::byte>(bytes.begin(), bytes.begin() + 4));
  for (const std::size_t n : {0U, 1U, 3U, 5U}) {
    CHECK_FALSE(decode_dont_have(byte_view(bytes).first(n)));
  }
}
