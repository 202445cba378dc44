#include <array>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <shoal/base/rng.hpp>
#include <shoal/registry/connection_ids.hpp>

#include "registry/scenes.hpp"
#include "registry/siphash.hpp"

using namespace shoal;
using namespace shoal::registry;
using namespace shoal::registry::test;

TEST_CASE("SipHash gives what its authors published") {
  // The key 00 01 .. 0f; the messages are empty, 00, 00 01, and so on.
  const siphash_key key{0x0706050403020100U, 0x0f0e0d0c0b0a0908U};
  std::vector<std::byte> message;
  for (std::uint8_t i = 0; i < 15; ++i) {
    message.push_back(static_cast<std::byte>(i));
  }
  CHECK(siphash(key, {}) == 0x726fdb47dd0e0e31U);
  CHECK(siphash(key, byte_view(message).first(1)) == 0x74f839c593dc67fdU);
  CHECK(siphash(key, byte_view(message).first(8)) == 0x93f5f5799a932462U);
  CHECK(siphash(key, message) == 0xa129ca6149be45e5U);  // the paper's example
}

TEST_CASE("a connection id is good for its address, for two minutes") {
  const connection_ids ids({1, 2});
  const auto mine = v4_peer(1).address;
  for (const double start : {0.0, 100.5, 255.9, 256.0, 65'535.0, 1e9}) {
    CAPTURE(start);
    const auto id = ids.issue(at(start), mine);
    for (const double age : {0.0, 1.0, 60.0, 119.0, 120.0}) {
      CHECK(ids.accepts(id, at(start + age), mine));
    }
    for (const double age : {121.1, 135.0, 255.0, 256.0, 257.0, 512.0, 86'400.0}) {
      CHECK_FALSE(ids.accepts(id, at(start + age), mine));
    }
    CHECK_FALSE(ids.accepts(id, at(start), v4_peer(2).address));
    CHECK_FALSE(ids.accepts(id, at(start), v6_peer(1).address));
    CHECK_FALSE(connection_ids({1, 3}).accepts(id, at(start), mine));
    for (int bit = 0; bit < 64; ++bit) {
      CHECK_FALSE(ids.accepts(id ^ (std::uint64_t{1} << bit), at(start), mine));
    }
  }
}

TEST_CASE("a thread whose clock was read earlier accepts an id, one from the future is none") {
  const connection_ids ids({1, 2});
  const auto mine = v6_peer(1).address;
  const auto id = ids.issue(at(1000.1), mine);
  CHECK(ids.accepts(id, at(999.9), mine));
  CHECK_FALSE(ids.accepts(id, at(998.9), mine));
  CHECK_FALSE(ids.accepts(id, at(500), mine));
}

TEST_CASE("a guess is no id") {
  const connection_ids ids({7, 9});
  rng chance(3);
  for (int i = 0; i < 100'000; ++i) {
    REQUIRE_FALSE(ids.accepts(chance.next(), at(5000), v4_peer(1).address));
  }
}
