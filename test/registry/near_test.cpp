// Peers near the asker come first where the table is told what near means.

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>

#include <doctest/doctest.h>

#include <shoal/registry/swarm_table.hpp>

#include "registry/scenes.hpp"

using namespace shoal;
using namespace shoal::registry;
using namespace shoal::registry::test;

namespace {

table_settings near_within(std::uint8_t v4_bits, std::uint8_t v6_bits = 0) {
  table_settings s;
  s.near = {v4_bits, v6_bits};
  return s;
}

/// Hosts from 1 on of racks from 0 on, each a /24.
endpoint host(std::uint32_t rack, std::uint32_t n) {
  return v4_peer(rack << 8 | n);
}

struct reply {
  std::uint32_t near = 0, far = 0;
};

reply asked(swarm_table& table, const endpoint& who, std::uint32_t num_want, std::uint64_t left = 1) {
  reply out;
  std::set<endpoint> told;
  for (const auto& p : table.announce(at(1), asking(left, {}, num_want), who).peers) {
    CHECK(p.endpoint != who);
    CHECK(told.insert(p.endpoint).second);
    const auto ours = who.address.bytes();
    const bool same = p.endpoint.address.is_v4() == who.address.is_v4() &&
                      std::equal(ours.begin(), ours.begin() + 3, p.endpoint.address.bytes().begin());
    ++(same ? out.near : out.far);
  }
  return out;
}

void fill(swarm_table& table, std::uint32_t racks, std::uint32_t hosts, std::uint64_t left = 1) {
  for (std::uint32_t r = 0; r < racks; ++r) {
    for (std::uint32_t h = 1; h <= hosts; ++h) {
      table.announce(at(0), asking(left, {}, 0), host(r, h));
    }
  }
}

}  // namespace

TEST_CASE("four of five told are of the asker's rack, and the others of anywhere") {
  swarm_table table(near_within(24), 3);
  fill(table, 30, 40);
  for (std::uint32_t r = 0; r < 30; ++r) {
    const auto told = asked(table, host(r, 7), 40);
    CHECK(told.near >= 32);
    CHECK(told.near <= 36);  // by chance some of the eight others
    CHECK(told.near + told.far == 40);
  }
  SUBCASE("all of them where the rack has no more") {
    const auto told = asked(table, host(3, 7), 100);
    CHECK(told.near == 39);
    CHECK(told.far == 61);
  }
  SUBCASE("where all are told nobody is left out") {
    const auto told = asked(table, host(3, 7), 200);
    CHECK(told.near + told.far == 200);
    swarm_table small(near_within(24), 3);
    fill(small, 3, 5);
    const auto everybody = asked(small, host(1, 2), 50);
    CHECK(everybody.near == 4);
    CHECK(everybody.far == 10);
  }
  SUBCASE("who is alone in its rack gets the others") {
    CHECK(asked(table, host(99, 1), 40).far == 40);
  }
}

TEST_CASE("a prefix need not end with an octet") {
  swarm_table table(near_within(26), 3);
  for (std::uint32_t n = 1; n < 255; ++n) {
    table.announce(at(0), asking(1, {}, 0), host(0, n));
  }
  std::uint32_t near = 0;
  for (const auto& p : table.announce(at(1), asking(1, {}, 50), host(0, 70)).peers) {
    near += std::to_integer<std::uint32_t>(p.endpoint.address.bytes()[3]) / 64 == 1 ? 1 : 0;
  }
  CHECK(near >= 40);
  CHECK(near < 50);
}

TEST_CASE("all bits of an address are its host, and none nobody") {
  swarm_table one_host(near_within(32), 3);
  fill(one_host, 4, 40);
  for (std::uint16_t port = 1; port <= 10; ++port) {
    one_host.announce(at(0), asking(1, {}, 0), {host(2, 9).address, port});
  }
  std::uint32_t same = 0;
  for (const auto& p : one_host.announce(at(1), asking(1, {}, 20), host(2, 9)).peers) {
    same += p.endpoint.address == host(2, 9).address ? 1 : 0;
  }
  CHECK(same == 10);

  swarm_table anybody({}, 3);
  fill(anybody, 30, 40);
  CHECK(asked(anybody, host(1, 1), 100).near < 20);
}

TEST_CASE("seeders are told of the leechers of their rack") {
  swarm_table table(near_within(24), 3);
  fill(table, 10, 40);
  fill(table, 10, 10, 0);  // the first ten of each are complete now
  const auto told = asked(table, host(4, 3), 40, 0);
  CHECK(told.near == 30);
  CHECK(told.far == 10);
}

TEST_CASE("each family has its own prefix, and the other family is told as ever") {
  swarm_table table(near_within(0, 112), 3);
  fill(table, 10, 40);
  for (std::uint32_t n = 0; n < 200; ++n) {  // the last two octets of all are within one /112
    table.announce(at(0), asking(1, {}, 0), v6_peer(n));
  }
  std::array<std::uint8_t, 16> octets{0x20, 0x01, 0x0d, 0xb9};
  for (std::uint8_t n = 1; n <= 50; ++n) {
    octets[15] = n;
    table.announce(at(0), asking(1, {}, 0), {ip_address::v6(octets), 6881});
  }
  std::uint32_t near = 0;
  for (const auto& p : table.announce(at(1), asking(1, {}, 40), {ip_address::v6(octets), 6881}).peers) {
    REQUIRE_FALSE(p.endpoint.address.is_v4());
    near += std::to_integer<int>(p.endpoint.address.bytes()[3]) == 0xb9 ? 1 : 0;
  }
  CHECK(near >= 32);
  CHECK(asked(table, host(1, 1), 100).near < 40);
}

TEST_CASE("in a large swarm an announce looks at some places only, and still finds near ones") {
  swarm_table table(near_within(24), 3);
  fill(table, 1000, 40);
  double found = 0;
  for (std::uint32_t r = 0; r < 200; ++r) {
    found += asked(table, host(r, 1), 50).near;
  }
  // 4,096 of some 55,000 places, of 39: three a reply.
  CHECK(found / 200 > 1.5);
  CHECK(found / 200 < 6);
}
