// Peers whose address changes, known by the key of their announces.

#include <doctest/doctest.h>

#include <shoal/registry/swarm_table.hpp>

#include "registry/scenes.hpp"

using namespace shoal;
using namespace shoal::registry;
using namespace shoal::registry::test;
using announce::event;

namespace {

swarm_table following() {
  table_settings s;
  s.interval_s = 100;
  s.follow_keys = true;
  return {s, 7};
}

announce::announce_request keyed(std::uint32_t key, std::uint64_t left, event e = event::none,
                                 std::uint8_t swarm = 1) {
  auto r = asking(left, e, {}, swarm);
  r.key = key;
  return r;
}

}  // namespace

TEST_CASE("a peer that moves is one peer, and others are told where it is now") {
  auto t = following();
  t.announce(at(1), keyed(9, 1), v4_peer(1));
  const auto told = t.announce(at(50), keyed(9, 1), v4_peer(2));
  CHECK(told.incomplete == 1U);
  CHECK(told.peers.empty());
  const auto other = t.announce(at(51), keyed(8, 1), v4_peer(3));
  REQUIRE(other.peers.size() == 1);
  CHECK(other.peers.front().endpoint == v4_peer(2));
}

TEST_CASE("without the wish, a key or the same identity nobody moves") {
  auto t = following();
  SUBCASE("not wished for") {
    t = swarm_table({}, 7);
    t.announce(at(1), keyed(9, 1), v4_peer(1));
    CHECK(t.announce(at(2), keyed(9, 1), v4_peer(2)).incomplete == 2U);
  }
  SUBCASE("no key") {
    t.announce(at(1), asking(1), v4_peer(1));
    CHECK(t.announce(at(2), asking(1), v4_peer(2)).incomplete == 2U);
  }
  SUBCASE("another key") {
    t.announce(at(1), keyed(9, 1), v4_peer(1));
    CHECK(t.announce(at(2), keyed(10, 1), v4_peer(2)).incomplete == 2U);
  }
  SUBCASE("another peer id") {
    auto r = keyed(9, 1);
    t.announce(at(1), r, v4_peer(1));
    r.peer_id.bytes[0] = std::byte{1};
    CHECK(t.announce(at(2), r, v4_peer(2)).incomplete == 2U);
  }
  SUBCASE("another torrent") {
    t.announce(at(1), keyed(9, 1), v4_peer(1));
    t.announce(at(2), keyed(9, 1, event::none, 2), v4_peer(2));
    CHECK(t.totals().leechers == 2);
  }
  SUBCASE("another family, since hosts have both") {
    t.announce(at(1), keyed(9, 1), v4_peer(1));
    CHECK(t.announce(at(2), keyed(9, 1), v6_peer(1)).incomplete == 2U);
  }
}

TEST_CASE("a completion goes along and is counted once") {
  auto t = following();
  t.announce(at(1), keyed(9, 0, event::completed), v4_peer(1));
  t.announce(at(2), keyed(9, 0, event::completed), v4_peer(2));
  CHECK(t.scrape(hash_number(1)) == announce::scrape_entry{hash_number(1), 1, 1, 0, 0});
}

TEST_CASE("a peer that leaves from another address leaves") {
  auto t = following();
  t.announce(at(1), keyed(9, 1), v6_peer(1));
  CHECK(t.announce(at(2), keyed(9, 1, event::stopped), v6_peer(2)).incomplete == 0U);
  t.expire(at(1000));
  t.expire(at(2000));
  CHECK(t.totals().swarms == 0);
}

TEST_CASE("keys are remembered as long as peers, and not much longer") {
  auto t = following();
  t.announce(at(1), keyed(9, 1), v4_peer(1));
  t.announce(at(240), keyed(8, 1), v4_peer(3));
  CHECK(t.announce(at(245), keyed(9, 1), v4_peer(2)).incomplete == 2U);
  // The peer has been forgotten, and so, two generations later, was where it had been.
  t.expire(at(10'000));
  CHECK(t.announce(at(10'000), keyed(9, 1), v4_peer(1)).incomplete == 1U);
}

TEST_CASE("a port of 0 and a move back are no trouble") {
  auto t = following();
  t.announce(at(1), keyed(9, 1), v4_peer(1));
  CHECK(t.announce(at(2), keyed(9, 1), v4_peer(1, 0)).incomplete == 1U);
  for (std::uint32_t i = 0; i < 10; ++i) {
    const auto told = t.announce(at(3 + i), keyed(9, i % 2), v4_peer(i % 3));
    CHECK(*told.incomplete + *told.complete == 1);
  }
}
