#include <algorithm>
#include <array>
#include <set>

#include <doctest/doctest.h>

#include <shoal/registry/swarm_table.hpp>

#include "registry/scenes.hpp"

using namespace shoal;
using namespace shoal::registry;
using namespace shoal::registry::test;
using announce::event;

namespace {

bool holds(const announce::announce_response& r, const endpoint& e) {
  return std::any_of(r.peers.begin(), r.peers.end(),
                     [&](const announce::announced_peer& p) { return p.endpoint == e; });
}

}  // namespace

TEST_CASE("a leecher hears of seeders and leechers, never of itself") {
  swarm_table table({}, 1);
  CHECK(table.announce(at(0), asking(0, event::started), v4_peer(1)).peers.empty());
  CHECK(holds(table.announce(at(1), asking(100, event::started), v4_peer(2)), v4_peer(1)));
  const auto third = table.announce(at(2), asking(100, event::started), v4_peer(3));
  CHECK(third.peers.size() == 2);
  CHECK(third.complete == 1U);
  CHECK(third.incomplete == 2U);
  CHECK(third.external_ip == v4_peer(3).address);
  const auto again = table.announce(at(3), asking(50), v4_peer(3));
  CHECK(again.peers.size() == 2);
  CHECK(holds(again, v4_peer(2)));
  CHECK_FALSE(holds(again, v4_peer(3)));
}

TEST_CASE("seeders are not sent to seeders") {
  swarm_table table({}, 1);
  table.announce(at(0), asking(0), v4_peer(1));
  table.announce(at(0), asking(7), v4_peer(2));
  const auto reply = table.announce(at(0), asking(0), v4_peer(3));
  CHECK(reply.peers.size() == 1);
  CHECK(holds(reply, v4_peer(2)));
}

TEST_CASE("another port of one host is another peer, even with the same peer id") {
  swarm_table table({}, 1);
  table.announce(at(0), asking(5), v4_peer(1, 1000));
  const auto reply = table.announce(at(0), asking(5), v4_peer(1, 1001));
  CHECK(holds(reply, v4_peer(1, 1000)));
  CHECK(table.totals().leechers == 2);
}

TEST_CASE("a swarm knows nothing of another one's peers") {
  swarm_table table({}, 1);
  table.announce(at(0), asking(5, event::started, {}, 1), v4_peer(1));
  CHECK(table.announce(at(0), asking(5, event::started, {}, 2), v4_peer(2)).peers.empty());
  CHECK(table.totals().swarms == 2);
}

TEST_CASE("a peer becomes a seeder when nothing is left, and its completion counts once") {
  swarm_table table({}, 1);
  table.announce(at(0), asking(5, event::started), v4_peer(1));
  CHECK(table.totals().leechers == 1);
  table.announce(at(1), asking(0, event::completed), v4_peer(1));
  CHECK(table.totals().leechers == 0);
  CHECK(table.totals().seeders == 1);
  table.announce(at(2), asking(0, event::completed), v4_peer(1));
  CHECK(table.scrape(hash_number(1)) == announce::scrape_entry{hash_number(1), 1, 1, 0});
  CHECK(table.totals().completed == 1);

  SUBCASE("a seeder from the start completes nothing") {
    table.announce(at(3), asking(0, event::started), v4_peer(2));
    CHECK(table.totals().completed == 1);
  }
  SUBCASE("a seeder that found bad data is a leecher again") {
    table.announce(at(3), asking(9), v4_peer(1));
    CHECK(table.scrape(hash_number(1)) == announce::scrape_entry{hash_number(1), 0, 1, 1});
  }
}

TEST_CASE("stopped removes the peer and is answered without peers") {
  swarm_table table({}, 1);
  table.announce(at(0), asking(5), v4_peer(1));
  table.announce(at(0), asking(5), v4_peer(2));
  const auto bye = table.announce(at(1), asking(5, event::stopped), v4_peer(1));
  CHECK(bye.peers.empty());
  CHECK(bye.interval_s > 0);
  CHECK(bye.incomplete == 1U);
  CHECK_FALSE(holds(table.announce(at(2), asking(5), v4_peer(3)), v4_peer(1)));

  SUBCASE("of a peer or swarm that nobody knows is harmless") {
    table.announce(at(3), asking(5, event::stopped), v4_peer(77));
    const auto reply = table.announce(at(3), asking(5, event::stopped, {}, 99), v4_peer(1));
    CHECK(reply.complete == 0U);
    CHECK(table.totals().swarms == 1);
  }
}

TEST_CASE("the number of peers is what was asked for, within the settings") {
  table_settings s;
  s.num_want_default = 10;
  s.num_want_max = 20;
  swarm_table table(s, 1);
  for (std::uint32_t i = 0; i < 100; ++i) {
    table.announce(at(0), asking(5), v4_peer(i));
  }
  const auto count = [&](std::optional<std::uint32_t> want) {
    const auto reply = table.announce(at(1), asking(5, event::none, want), v4_peer(0));
    std::set<endpoint> distinct;
    for (const auto& p : reply.peers) {
      distinct.insert(p.endpoint);
    }
    CHECK(distinct.size() == reply.peers.size());
    return reply.peers.size();
  };
  CHECK(count({}) == 10);
  CHECK(count(0) == 0);
  CHECK(count(1) == 1);
  CHECK(count(20) == 20);
  CHECK(count(4'000'000'000) == 20);
}

TEST_CASE("the asker's own address family comes first, the other fills up") {
  swarm_table table({}, 1);
  for (std::uint32_t i = 0; i < 10; ++i) {
    table.announce(at(0), asking(5), v4_peer(i));
    table.announce(at(0), asking(i % 2), v6_peer(i));
  }
  const auto v6_count = [](const announce::announce_response& r) {
    return std::count_if(r.peers.begin(), r.peers.end(),
                         [](const auto& p) { return p.endpoint.address.is_v6(); });
  };
  const auto few_v4 = table.announce(at(1), asking(5, event::none, 9), v4_peer(0));
  CHECK(few_v4.peers.size() == 9);
  CHECK(v6_count(few_v4) == 0);
  const auto few_v6 = table.announce(at(1), asking(5, event::none, 9), v6_peer(1));
  CHECK(v6_count(few_v6) == 9);
  const auto more_v6 = table.announce(at(1), asking(5, event::none, 12), v6_peer(1));
  CHECK(v6_count(more_v6) == 9);
  CHECK(more_v6.peers.size() == 12);
  const auto all = table.announce(at(1), asking(5, event::none, 50), v6_peer(1));
  CHECK(all.peers.size() == 19);
}

TEST_CASE("silent peers are forgotten, and empty swarms as long after them") {
  table_settings s;
  s.interval_s = 100;
  s.expire_intervals = 2.5;
  swarm_table table(s, 1);
  table.announce(at(0), asking(5), v4_peer(1));
  table.announce(at(0), asking(0, event::completed), v4_peer(2));
  table.announce(at(200), asking(5), v4_peer(1));
  // Time goes in ticks of 250 s / 64, and more than 64 of them are silence.
  table.expire(at(253));
  CHECK(table.totals().expired == 0);
  table.expire(at(254));
  CHECK(table.totals().expired == 1);
  CHECK(table.scrape(hash_number(1)) == announce::scrape_entry{hash_number(1), 0, 1, 1});
  table.expire(at(454));
  CHECK(table.totals().leechers == 0);
  CHECK(table.scrape(hash_number(1)).downloaded == 1);
  table.expire(at(707));
  CHECK(table.totals().swarms == 1);
  table.expire(at(708));
  CHECK(table.totals().swarms == 0);
  CHECK(table.totals().expired == 2);
}

TEST_CASE("a silence of any length is one, whenever it is noticed") {
  for (const double gap : {300.0, 900.0, 1000.0, 1100.0, 5000.0, 1e6}) {
    CAPTURE(gap);
    table_settings s;
    s.interval_s = 100;
    swarm_table by_clock(s, 1);
    by_clock.announce(at(1000), asking(5), v4_peer(1));
    by_clock.expire(at(1000 + gap));
    CHECK(by_clock.totals().leechers == 0);
    by_clock.expire(at(1000 + 2 * gap));
    CHECK(by_clock.totals().swarms == 0);

    if (gap > 500) {  // no clock has looked for so long that an announce does
      swarm_table by_announce(s, 1);
      by_announce.announce(at(1000), asking(5), v4_peer(1));
      CHECK(by_announce.announce(at(1000 + gap), asking(5), v4_peer(2)).peers.empty());
      CHECK(by_announce.totals().leechers == 1);
    }
    swarm_table kept(s, 1);
    for (double t = 0; t <= gap && t < 20'000; t += 100) {  // one that says a word in time
      kept.announce(at(1000 + t), asking(5), v4_peer(1));
    }
    CHECK(kept.totals().leechers == 1);
    CHECK(kept.totals().expired == 0);
  }
}

TEST_CASE("expiry in small steps finds all that one step finds") {
  table_settings s;
  s.interval_s = 100;
  swarm_table table(s, 1);
  for (std::uint32_t i = 0; i < 3000; ++i) {
    table.announce(at(i < 1500 ? 0 : 200), asking(i % 4), v4_peer(i));
    table.announce(at(i < 1500 ? 0 : 200), asking(i % 4, event::none, {}, 2), v6_peer(i));
  }
  int steps = 1;
  while (!table.expire(at(260), 100)) {
    ++steps;
    table.announce(at(260), asking(5, event::none, {}, 3), v4_peer(7));  // somebody is let in between
  }
  CHECK(steps > 50);
  CHECK(table.totals().expired == 3000);
  CHECK(table.totals().leechers + table.totals().seeders == 3001);
}

TEST_CASE("partial seeds count as incomplete, and are told to those who want something only") {
  swarm_table table({}, 1);
  table.announce(at(0), asking(5, event::paused), v4_peer(1));
  CHECK(table.scrape(hash_number(1)) == announce::scrape_entry{hash_number(1), 0, 0, 1, 1});
  CHECK(table.totals().leechers == 1);
  CHECK(table.announce(at(0), asking(0), v4_peer(2)).peers.empty());
  CHECK(table.announce(at(0), asking(5, event::paused), v4_peer(1)).peers.empty());
  CHECK(table.announce(at(0), asking(5), v4_peer(3)).peers.size() == 2);
  CHECK(holds(table.announce(at(0), asking(5, event::paused), v4_peer(1)), v4_peer(3)));

  SUBCASE("until they want the rest") {
    CHECK(table.announce(at(1), asking(5), v4_peer(1)).peers.size() == 2);
    CHECK(table.scrape(hash_number(1)) == announce::scrape_entry{hash_number(1), 1, 0, 2});
  }
  SUBCASE("until they have all") {
    table.announce(at(1), asking(0, event::completed), v4_peer(1));
    CHECK(table.scrape(hash_number(1)) == announce::scrape_entry{hash_number(1), 2, 1, 1});
  }
  SUBCASE("until they leave") {
    table.announce(at(1), asking(5, event::stopped), v4_peer(1));
    CHECK(table.scrape(hash_number(1)) == announce::scrape_entry{hash_number(1), 1, 0, 1});
  }
  SUBCASE("until they are forgotten") {
    table.expire(at(1000));
    CHECK(table.scrape(hash_number(1)) == announce::scrape_entry{hash_number(1)});
    CHECK(table.totals().leechers == 0);
  }
}

TEST_CASE("peers are written in place, of those families that there is room for") {
  swarm_table table({}, 1);
  for (std::uint32_t i = 0; i < 40; ++i) {
    table.announce(at(0), asking(5), v4_peer(i, 258));
    table.announce(at(0), asking(5), v6_peer(i));
  }
  std::array<std::byte, 60> room{};
  peer_room v4_only{span_writer(room), span_writer({})};
  const auto told = table.announce(at(0), asking(5), v4_peer(0, 258), v4_only);
  CHECK(told.incomplete == 80);
  CHECK(v4_only.v4.written().size() == 60);
  CHECK(v4_only.v4.written()[0] == std::byte{10});
  CHECK(v4_only.v4.written()[4] == std::byte{1});
  CHECK(v4_only.v4.written()[5] == std::byte{2});
  peer_room v6_only{span_writer({}), span_writer(room)};
  table.announce(at(0), asking(5), v4_peer(0, 258), v6_only);
  CHECK(v6_only.v6.written().size() == 54);
}

TEST_CASE("the interval is jittered by no more than a tenth") {
  table_settings s;
  s.interval_s = 1000;
  s.min_interval_s = 30;
  swarm_table table(s, 1);
  std::set<std::uint32_t> seen;
  for (int i = 0; i < 500; ++i) {
    const auto reply = table.announce(at(i), asking(5), v4_peer(1));
    CHECK(reply.interval_s >= 900);
    CHECK(reply.interval_s <= 1100);
    CHECK(reply.min_interval_s == 30U);
    seen.insert(reply.interval_s);
  }
  CHECK(seen.size() > 50);

  SUBCASE("and no shorter than the least") {
    s.interval_s = 5;
    swarm_table quick(s, 1);
    const auto reply = quick.announce(at(0), asking(5), v4_peer(1));
    CHECK(reply.interval_s == 5);
    CHECK(reply.min_interval_s == 5U);
  }
}

TEST_CASE("the busiest swarms are those with most peers") {
  swarm_table table({}, 1);
  for (std::uint8_t swarm = 1; swarm <= 9; ++swarm) {
    for (std::uint32_t n = 0; n < swarm % 5U; ++n) {
      table.announce(at(0), asking(n, event::started, {}, swarm), n % 2 == 0 ? v4_peer(n) : v6_peer(n));
    }
  }
  const auto busiest = table.busiest(3);
  REQUIRE(busiest.size() == 3);
  CHECK(busiest[0].info_hash == hash_number(4));
  CHECK(busiest[0].complete + busiest[0].incomplete == 4);
  CHECK(busiest[1].info_hash == hash_number(9));
  CHECK(busiest[2].info_hash == hash_number(3));
  CHECK(table.busiest(100).size() == 8);  // nobody is in the fifth
}

TEST_CASE("a peer that cannot be reached is answered, and leaves nothing behind") {
  swarm_table table({}, 1);
  table.announce(at(0), asking(5), v4_peer(1));
  CHECK(table.announce(at(0), asking(5), v4_peer(2, 0)).peers.size() == 1);
  table.announce(at(0), asking(5, event::started, {}, 2), v4_peer(2, 0));
  CHECK(table.totals().leechers == 1);
  CHECK(table.totals().swarms == 2);
  table.expire(at(1e6));
  table.expire(at(2e6));
  CHECK(table.totals().swarms == 0);
}

TEST_CASE("every swarm is named, and one that is not known has no peers") {
  swarm_table table({}, 1);
  for (std::uint8_t i = 1; i <= 5; ++i) {
    table.announce(at(0), asking(i % 2, event::started, {}, i), v4_peer(i));
  }
  auto names = table.info_hashes();
  std::sort(names.begin(), names.end());
  REQUIRE(names.size() == 5);
  CHECK(names.front() == hash_number(1));
  CHECK(names.back() == hash_number(5));
  CHECK(table.scrape(hash_number(1)) == announce::scrape_entry{hash_number(1), 0, 0, 1});
  CHECK(table.scrape(hash_number(2)) == announce::scrape_entry{hash_number(2), 1, 0, 0});
  CHECK(table.scrape(hash_number(99)) == announce::scrape_entry{hash_number(99), 0, 0, 0});
}

TEST_CASE("who starts with nothing left may have a magnet link only, and is told of givers too") {
  swarm_table table({}, 1);
  for (std::uint32_t i = 1; i <= 10; ++i) {
    table.announce(at(0), asking(0), v4_peer(i));
  }
  table.announce(at(0), asking(1), v4_peer(20));
  const auto told = [&](announce::announce_request r) {
    std::set<endpoint> out;
    for (const auto& p : table.announce(at(1), r, v4_peer(1)).peers) {
      out.insert(p.endpoint);
    }
    return out;
  };
  CHECK(told(asking(0, event::started)).size() == 10);
  CHECK(told(asking(0, event::started, 4)).size() == 4);
  CHECK(told(asking(0, event::started, 4)).contains(v4_peer(20)));  // who wants something comes first
  CHECK(told(asking(0)) == std::set{v4_peer(20)});
  CHECK(told(asking(0, event::completed)) == std::set{v4_peer(20)});
  CHECK(told(asking(1, event::paused)) == std::set{v4_peer(20)});
  auto downloaded = asking(0, event::started);
  downloaded.downloaded = 1;
  CHECK(told(downloaded) == std::set{v4_peer(20)});
}

TEST_CASE("the same seed and the same announces give the same replies") {
  const auto run = [](std::uint64_t seed) {
    swarm_table table({}, seed);
    std::vector<announce::announce_response> replies;
    for (std::uint32_t i = 0; i < 300; ++i) {
      replies.push_back(table.announce(at(i), asking(i % 3), v4_peer(i % 200)));
    }
    return replies;
  };
  CHECK(run(5) == run(5));
  CHECK(run(5) != run(6));
}
