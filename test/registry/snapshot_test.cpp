// Swarms that are saved, and learnt again.

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <shoal/base/rng.hpp>
#include <shoal/registry/snapshot.hpp>
#include <shoal/registry/swarm_table.hpp>

#include "registry/scenes.hpp"

using namespace shoal;
using namespace shoal::registry;
using namespace shoal::registry::test;
using announce::event;

namespace {

std::vector<std::byte> saved(const swarm_table& t, instant now, std::size_t step = 1 << 16,
                             bool own_only = false) {
  std::vector<std::byte> out;
  swarm_table::walk at;
  while (!t.save(now, at, step, own_only, out)) {
  }
  return out;
}

void teach(swarm_table& t, instant now, byte_view excerpts, const lesson& how) {
  byte_reader in(excerpts);
  while (const auto e = next_excerpt(in)) {
    t.learn(now, *e, how);
  }
  CHECK_FALSE(in.failed());
}

std::vector<std::byte> news(const endpoint& who, std::uint8_t marks, std::uint8_t swarm = 1) {
  std::vector<std::byte> out;
  write_news(hash_number(swarm), 0, who, marks, out);
  return out;
}

table_settings of_100_s() {
  table_settings s;
  s.interval_s = 100;
  return s;
}

/// A table with many peers of all kinds, in swarms of very different sizes.
swarm_table busy_table(instant now) {
  swarm_table t(of_100_s(), 3);
  rng chance(4);
  for (std::uint32_t n = 0; n < 30'000; ++n) {
    const auto swarm = static_cast<std::uint8_t>(chance.below(3) == 0 ? chance.below(200) : 7);
    const auto e = static_cast<event>(chance.below(5));
    const std::uint64_t left = chance.below(2);
    const endpoint from = chance.below(4) == 0 ? v6_peer(n % 60'000) : v4_peer(n);
    t.announce(now - from_seconds(chance.unit() * 100), asking(left, e, 0, swarm), from);
  }
  return t;
}

void check_equal(const swarm_table& a, const swarm_table& b) {
  const auto ta = a.totals();
  const auto tb = b.totals();
  CHECK(ta.seeders == tb.seeders);
  CHECK(ta.leechers == tb.leechers);
  for (unsigned n = 0; n < 200; ++n) {
    CAPTURE(n);
    const auto hash = hash_number(static_cast<std::uint8_t>(n));
    CHECK(a.scrape(hash) == b.scrape(hash));
  }
}

std::vector<std::byte> snapshot_of(byte_view excerpts) {
  std::vector<std::byte> file;
  snapshot_writer w({123'456, std::chrono::seconds(3)}, file);
  const std::size_t half = excerpts.size() / 2;
  w.block(excerpts.first(half));
  w.block(excerpts.subspan(half));
  w.end();
  return file;
}

}  // namespace

TEST_CASE("a table learns from what another saved, whatever the steps") {
  const instant now = at(1000);
  const swarm_table before = busy_table(now);
  for (const std::size_t step : {std::size_t{1}, std::size_t{100}, std::size_t{5000}, std::size_t{1} << 20}) {
    CAPTURE(step);
    swarm_table after(of_100_s(), 9);
    teach(after, at(50), saved(before, now, step), {before.tick()});
    check_equal(before, after);
  }
}

TEST_CASE("ages go on: who was silent before and after is forgotten when the sum is too long") {
  swarm_table before(of_100_s(), 3);  // 250 s of silence
  before.announce(at(1000), asking(1), v4_peer(1));
  before.announce(at(1100), asking(1), v4_peer(2));
  const auto excerpts = saved(before, at(1110));
  swarm_table after(of_100_s(), 3);
  teach(after, at(5), excerpts, {before.tick(), std::chrono::seconds(100)});
  CHECK(after.totals().leechers == 2);
  after.expire(at(55));  // 265 s and 165 s silent
  CHECK(after.totals().leechers == 1);
  after.expire(at(160));
  CHECK(after.totals().leechers == 0);
  swarm_table late(of_100_s(), 3);
  teach(late, at(5), excerpts, {before.tick(), std::chrono::seconds(200)});
  CHECK(late.totals().leechers == 1);
}

TEST_CASE("the other table may count time in other ticks") {
  swarm_table before(of_100_s(), 3);
  before.announce(at(1000), asking(1), v4_peer(1));
  table_settings slow;
  slow.interval_s = 1000;
  swarm_table after(slow, 3);
  teach(after, at(1), saved(before, at(1200)), {before.tick()});
  after.expire(at(2200));
  CHECK(after.totals().leechers == 1);
  after.expire(at(2400));
  CHECK(after.totals().leechers == 0);
}

TEST_CASE("completions outlive an empty swarm's saving") {
  swarm_table before(of_100_s(), 3);
  before.announce(at(1), asking(0, event::completed), v4_peer(1));
  before.announce(at(2), asking(0, event::stopped), v4_peer(1));
  swarm_table after(of_100_s(), 3);
  teach(after, at(3), saved(before, at(3)), {before.tick()});
  CHECK(after.scrape(hash_number(1)).downloaded == 1);
}

TEST_CASE("what another tracker tells holds unless something newer is known") {
  swarm_table t(of_100_s(), 3);
  const lesson now{std::chrono::seconds(1), {}, true};
  const lesson before{std::chrono::seconds(1), std::chrono::seconds(50), true};
  using namespace peer_mark;

  SUBCASE("a peer comes, completes once, however often it is told, and goes") {
    teach(t, at(100), news(v4_peer(1), 0), now);
    CHECK(t.totals().leechers == 1);
    teach(t, at(101), news(v4_peer(1), gives | completes), now);
    teach(t, at(102), news(v4_peer(1), gives | completes), now);
    CHECK(t.scrape(hash_number(1)) == announce::scrape_entry{hash_number(1), 1, 1, 0, 0});
    CHECK(t.totals().completed == 1);
    teach(t, at(103), news(v4_peer(1), gone), now);
    CHECK(t.totals().seeders == 0);
  }
  SUBCASE("a partial seed counts as one") {
    teach(t, at(100), news(v6_peer(1), gives | partial), now);
    CHECK(t.scrape(hash_number(1)) == announce::scrape_entry{hash_number(1), 0, 0, 1, 1});
  }
  SUBCASE("old news change nothing") {
    t.announce(at(100), asking(0), v4_peer(1));
    teach(t, at(101), news(v4_peer(1), 0), before);
    teach(t, at(101), news(v4_peer(1), gone), before);
    CHECK(t.totals().seeders == 1);
  }
  SUBCASE("a peer that leaves there and comes here at once is here") {
    t.announce(at(100), asking(0), v4_peer(1));
    teach(t, at(100), news(v4_peer(1), gone), now);
    CHECK(t.totals().seeders == 1);
  }
  SUBCASE("who leaves where nobody knew it makes no swarm") {
    teach(t, at(100), news(v4_peer(1), gone), now);
    CHECK(t.totals().swarms == 0);
  }
  SUBCASE("own peers are told apart, until one that was told of comes itself") {
    t.announce(at(100), asking(0), v4_peer(1));
    teach(t, at(100), news(v4_peer(2), 0), now);
    CHECK(saved(t, at(100), 1 << 16, true).size() == excerpt_head_bytes + excerpt_v4_bytes);
    t.announce(at(101), asking(1), v4_peer(2));
    CHECK(saved(t, at(101), 1 << 16, true).size() == excerpt_head_bytes + 2 * excerpt_v4_bytes);
  }
  SUBCASE("nonsense is ignored") {
    teach(t, at(100), news(v4_peer(1, 0), 0), now);
    teach(t, at(100), news(v4_peer(1), 0xff), now);
    CHECK(t.totals().leechers + t.totals().seeders == 0);
  }
  SUBCASE("the limits hold") {
    table_settings s;
    s.peers_max = 1;
    s.swarms_max = 1;
    swarm_table small(s, 3);
    teach(small, at(100), news(v4_peer(1), 0), now);
    teach(small, at(100), news(v4_peer(2), 0), now);
    teach(small, at(100), news(v4_peer(2), 0, 2), now);
    CHECK(small.totals().leechers == 1);
    CHECK(small.totals().swarms == 1);
  }
}

TEST_CASE("what an announce says of its sender, others learn as it was") {
  struct row {
    std::uint64_t left;
    event e;
  };
  for (const row& r : {row{1, event::none}, row{1, event::started}, row{0, event::completed},
                       row{0, event::none}, row{1, event::paused}, row{0, event::paused},
                       row{1, event::completed}, row{0, event::stopped}, row{1, event::stopped}}) {
    CAPTURE(r.left);
    CAPTURE(announce::to_string(r.e));
    swarm_table here(of_100_s(), 3);
    swarm_table there(of_100_s(), 4);
    here.announce(at(1), asking(1), v4_peer(1));
    teach(there, at(1), news(v4_peer(1), 0), {std::chrono::seconds(1), {}, true});
    here.announce(at(2), asking(r.left, r.e), v4_peer(1));
    teach(there, at(2), news(v4_peer(1), marks_of(asking(r.left, r.e))), {std::chrono::seconds(1), {}, true});
    CHECK(here.scrape(hash_number(1)) == there.scrape(hash_number(1)));
  }
}

TEST_CASE("who learns counts the oldest right, and forgets it in time") {
  swarm_table t(of_100_s(), 3);
  t.announce(at(1000), asking(0), v4_peer(1));
  teach(t, at(1001), news(v4_peer(2), 0), {std::chrono::seconds(1), std::chrono::seconds(200), true});
  t.expire(at(1060));
  CHECK(t.totals().leechers == 0);
  CHECK(t.totals().seeders == 1);
}

TEST_CASE("a snapshot reads as it was written") {
  const auto excerpts = saved(busy_table(at(1000)), at(1000));
  const auto file = snapshot_of(excerpts);
  auto reader = snapshot_reader::open(file);
  REQUIRE(reader.has_value());
  CHECK(reader->head() == snapshot_head{123'456, std::chrono::seconds(3)});
  std::vector<std::byte> read;
  while (const auto block = reader->next()) {
    read.insert(read.end(), block->begin(), block->end());
  }
  CHECK(read == excerpts);
}

TEST_CASE("a snapshot that is cut, changed or foreign is found out") {
  swarm_table t(of_100_s(), 3);
  t.announce(at(1), asking(0), v4_peer(1));
  t.announce(at(1), asking(0), v6_peer(1));
  t.announce(at(1), asking(0, event::none, 0, 2), v6_peer(1));
  const auto file = snapshot_of(saved(t, at(1)));
  REQUIRE(snapshot_reader::open(file).has_value());
  for (std::size_t n = 0; n < file.size(); ++n) {
    CAPTURE(n);
    CHECK(snapshot_reader::open(byte_view(file).first(n)).has_error());
    auto changed = file;
    changed[n] ^= std::byte{0x10};
    CHECK(snapshot_reader::open(changed).has_error());
  }
  auto longer = file;
  longer.push_back(std::byte{});
  CHECK(snapshot_reader::open(longer).error() == errc::snapshot_torn);
  auto other = file;
  other[11] = std::byte{2};
  CHECK(snapshot_reader::open(other).error() == errc::snapshot_version);
  CHECK(snapshot_reader::open(as_bytes("d8:announce3:xyze")).error() == errc::snapshot_foreign);
}
