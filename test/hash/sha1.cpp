#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include <shoal/base/hex.hpp>
#include <shoal/base/rng.hpp>
#include <shoal/hash/sha1.hpp>

namespace {

using shoal::as_bytes;

struct vector_row {
  const char* name;
  std::string message;
  const char* sha1;
  const char* sha256;
};

// FIPS 180-4 examples.
const std::array<vector_row, 4>& rows() {
  static const std::array<vector_row, 4> table{{
      {"nothing", "", "da39a3ee5e6b4b0d3255bfef95601890afd80709",
       "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {"one block", "abc", "a9993e364706816aba3e25717850c26c9cd0d89d",
       "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
      {"two blocks", "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
       "84983e441c3bd26ebaae4aa1f95129e5e54670f1",
       "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
      {"a million letters", std::string(1'000'000, 'a'), "34aa973cd4c4daa4f61eeb2bdbad27316534016f",
       "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
  }};
  return table;
}

}  // namespace

TEST_CASE("SHA-1 and SHA-256 give the digests of FIPS 180-4") {
  for (const auto& row : rows()) {
    CAPTURE(row.name);
    CHECK(shoal::to_hex(shoal::sha1(as_bytes(row.message)).view()) == row.sha1);
    CHECK(shoal::to_hex(shoal::sha256(as_bytes(row.message)).view()) == row.sha256);
  }
}

TEST_CASE("the hasher takes a message in any cuts and starts anew after each") {
  shoal::sha1_hasher hasher;
  shoal::rng random(7);
  for (int round = 0; round < 3; ++round) {
    for (const auto& row : rows()) {
      CAPTURE(row.name);
      auto rest = as_bytes(row.message);
      while (!rest.empty()) {
        const auto n = std::min<std::size_t>(rest.size(), static_cast<std::size_t>(random.below(5000)));
        hasher.update(rest.first(n));
        rest = rest.subspan(n);
      }
      CHECK(shoal::to_hex(hasher.finish().view()) == row.sha1);
    }
  }
}

TEST_CASE("a moved hasher goes on where it was") {
  shoal::sha1_hasher first;
  first.update(as_bytes("a"));
  shoal::sha1_hasher second = std::move(first);
  second.update(as_bytes("bc"));
  CHECK(second.finish() == shoal::sha1(as_bytes("abc")));
}

TEST_CASE("many messages in chunks have the digests they have alone") {
  shoal::rng random(11);
  for (const std::size_t count : {0U, 1U, 2U, 3U, 4U, 5U, 9U}) {
    CAPTURE(count);
    std::vector<std::string> texts(count);
    std::vector<shoal::chunk_list> messages(count);
    for (std::size_t i = 0; i < count; ++i) {
      texts[i].resize(static_cast<std::size_t>(random.below(100'000)), static_cast<char>('a' + i));
      for (auto rest = as_bytes(texts[i]); !rest.empty();) {
        const auto n = std::min<std::size_t>(rest.size(), 16384);
        messages[i].push_back(rest.first(n));
        rest = rest.subspan(n);
      }
    }
    std::vector<shoal::sha1_digest> digests(count);
    shoal::sha1_many(messages, digests);
    for (std::size_t i = 0; i < count; ++i) {
      CHECK(digests[i] == shoal::sha1(as_bytes(texts[i])));
    }
  }
}

TEST_CASE("an info-hash goes on the wire as v1, else as the head of v2") {
  shoal::info_hash h;
  h.v2 = shoal::sha256(as_bytes("abc"));
  CHECK(shoal::to_hex(h.wire().view()) == "ba7816bf8f01cfea414140de5dae2223b00361a3");
  h.v1 = shoal::sha1(as_bytes("abc"));
  CHECK(h.wire() == *h.v1);
}

TEST_CASE("a digest is made of exactly its number of bytes") {
  const std::string text(21, 'x');
  CHECK(!shoal::sha1_digest::from(as_bytes(text)));
  CHECK(!shoal::sha1_digest::from(as_bytes(text).first(19)));
  CHECK(shoal::sha1_digest::from(as_bytes(text).first(20)));
}
