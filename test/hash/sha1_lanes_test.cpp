#include "hash/sha1_lanes.hpp"

#include <random>
#include <string>

#include <doctest/doctest.h>

#include <shoal/base/hex.hpp>
#include <shoal/base/rng.hpp>
#include <shoal/hash/sha1.hpp>

using namespace shoal;

namespace {

std::vector<std::byte> random_bytes(rng& random, std::size_t n) {
  std::vector<std::byte> out(n);
  for (auto& b : out) {
    b = static_cast<std::byte>(random.next());
  }
  return out;
}

/// The bytes cut anywhere, with empty chunks among them.
chunk_list cut(rng& random, byte_view bytes, std::size_t chunk_max) {
  chunk_list out;
  while (!bytes.empty()) {
    const auto n = std::min(bytes.size(), static_cast<std::size_t>(random.below(chunk_max + 1)));
    out.push_back(bytes.first(n));
    bytes = bytes.subspan(n);
  }
  if (random.below(2) == 0) out.push_back({});
  return out;
}

}  // namespace

TEST_CASE("messages of every length around the block are hashed as OpenSSL does") {
  rng random(1);
  const auto bytes = random_bytes(random, 300);
  std::vector<chunk_list> messages;
  for (std::size_t n = 0; n <= bytes.size(); ++n) {
    messages.push_back({byte_view(bytes).first(n)});
  }
  std::vector<sha1_digest> digests(messages.size());
  sha1_many(messages, digests);
  for (std::size_t n = 0; n <= bytes.size(); ++n) {
    CAPTURE(n);
    CHECK(to_hex(digests[n].view()) == to_hex(sha1(byte_view(bytes).first(n)).view()));
  }
}

TEST_CASE("random numbers of messages of random lengths, cut anywhere, are hashed as OpenSSL does") {
  const auto seed = std::uint64_t{std::random_device{}()};
  CAPTURE(seed);
  rng random(seed);
  for (int round = 0; round < 300; ++round) {
    const auto count = static_cast<std::size_t>(random.below(10));
    const std::size_t length_max = random.below(2) == 0 ? 200 : 20'000;
    const std::size_t chunk_max = random.below(2) == 0 ? 70 : 16'384;
    std::vector<std::vector<std::byte>> contents;
    std::vector<chunk_list> messages;
    for (std::size_t i = 0; i < count; ++i) {
      contents.push_back(random_bytes(random, static_cast<std::size_t>(random.below(length_max))));
      messages.push_back(cut(random, contents.back(), chunk_max));
    }
    std::vector<sha1_digest> digests(count);
    sha1_many(messages, digests);
    for (std::size_t i = 0; i < count; ++i) {
      REQUIRE(digests[i] == sha1(contents[i]));
    }
  }
}

TEST_CASE("no message and no bytes are fine") {
  sha1_many({}, {});
  const std::vector<chunk_list> messages(3);
  std::vector<sha1_digest> digests(3);
  sha1_many(messages, digests);
  for (const auto& d : digests) {
    CHECK(to_hex(d.view()) == "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  }
}

TEST_CASE("every number of lanes compresses alike") {
  const auto compress = detail::sha1_compress();
  if (compress == nullptr) {
    MESSAGE("skipped: this machine has no SHA instructions");
    return;
  }
  rng random(2);
  constexpr std::size_t blocks = 9;
  std::vector<std::vector<std::byte>> contents;
  std::vector<detail::sha1_lane> alone(detail::sha1_lanes);
  for (std::size_t i = 0; i < detail::sha1_lanes; ++i) {
    contents.push_back(random_bytes(random, blocks * detail::sha1_block_bytes));
    alone[i].data = contents[i].data();
    compress(&alone[i], 1, blocks);
    CHECK(alone[i].data == contents[i].data() + contents[i].size());
  }
  for (std::size_t n = 2; n <= detail::sha1_lanes; ++n) {
    CAPTURE(n);
    std::vector<detail::sha1_lane> together(n);
    for (std::size_t i = 0; i < n; ++i) {
      together[i].data = contents[i].data();
    }
    compress(together.data(), n, 4);
    compress(together.data(), n, 0);
    compress(together.data(), n, blocks - 4);
    for (std::size_t i = 0; i < n; ++i) {
      CHECK(together[i].hash == alone[i].hash);
    }
  }
}
