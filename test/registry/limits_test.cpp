// What a table takes in, and what it does when there is no room.

#include <array>

#include <doctest/doctest.h>

#include <shoal/registry/swarm_table.hpp>

#include "registry/scenes.hpp"

using namespace shoal;
using namespace shoal::registry;
using namespace shoal::registry::test;
using announce::event;

TEST_CASE("without room for peers a new one is answered, a known one kept") {
  swarm_table table({}, 1);
  table.announce(at(0), asking(5), v4_peer(1));
  std::array<std::byte, 60> room{};
  for (const std::uint32_t n : {1U, 2U}) {
    peer_room peers{span_writer(room), span_writer({})};
    table.announce(at(0), asking(0), v4_peer(n), peers, table_room::for_swarms);
  }
  CHECK(table.totals().seeders == 1);
  CHECK(table.totals().leechers == 0);
}

TEST_CASE("the caps hold: more peers are answered but not remembered") {
  table_settings s;
  SUBCASE("in a swarm") {
    s.peers_per_swarm_max = 2;
  }
  SUBCASE("in all") {
    s.peers_max = 2;
  }
  swarm_table table(s, 1);
  table.announce(at(0), asking(5), v4_peer(1));
  table.announce(at(0), asking(5), v4_peer(2));
  for (int i = 0; i < 3; ++i) {
    CHECK(table.announce(at(0), asking(5), v4_peer(3)).peers.size() == 2);
  }
  CHECK(table.totals().leechers == 2);
  CHECK(table.announce(at(0), asking(5), v4_peer(2)).peers.size() == 1);
}

TEST_CASE("a new swarm takes the place of an empty one, or is refused") {
  table_settings s;
  s.swarms_max = 2;
  swarm_table table(s, 1);
  table.announce(at(0), asking(5, event::started, {}, 1), v4_peer(1));
  table.announce(at(0), asking(5, event::started, {}, 2), v4_peer(1));
  const auto refused = table.announce(at(0), asking(5, event::started, {}, 3), v4_peer(1));
  CHECK_FALSE(refused.failure_reason.empty());
  CHECK(refused.retry_in_s == s.interval_s);
  table.announce(at(1), asking(5, event::stopped, {}, 1), v4_peer(1));
  CHECK(table.announce(at(1), asking(5, event::started, {}, 3), v4_peer(1)).failure_reason.empty());
  CHECK(table.totals().swarms == 2);
}

TEST_CASE("without any room a new swarm takes the place of an empty one, or is refused") {
  swarm_table table({}, 1);
  peer_room none{span_writer({}), span_writer({})};
  const auto started = [&](std::uint8_t swarm, table_room room) {
    return table.announce(at(0), asking(5, event::started, {}, swarm), v4_peer(1), none, room);
  };
  CHECK_FALSE(started(1, table_room::for_all).no_room);
  const auto bytes = table.totals().bytes;
  CHECK(started(2, table_room::for_none).no_room);
  CHECK_FALSE(started(1, table_room::for_none).no_room);
  CHECK(table.totals().bytes == bytes);
  table.announce(at(0), asking(5, event::stopped, {}, 1), v4_peer(1));
  CHECK_FALSE(started(2, table_room::for_none).no_room);
  CHECK(table.totals().swarms == 1);
}
