#include <doctest/doctest.h>

#include <shoal/swarm/announce_schedule.hpp>

namespace shoal::swarm {
namespace {

using announce::announce_response;
using std::chrono::seconds;
constexpr instant start{seconds(1000)};

announce_response reply(std::uint32_t interval_s, std::optional<std::uint32_t> min_interval_s = {}) {
  announce_response r;
  r.interval_s = interval_s;
  r.min_interval_s = min_interval_s;
  return r;
}

TEST_CASE("started, then nothing, at the tracker's interval, then completed once, then stopped") {
  rng chance(1);
  announce_schedule s({{"a"}}, {}, chance);
  CHECK_FALSE(s.next(start, chance));
  s.start(start);
  auto r = s.next(start, chance);
  REQUIRE(r);
  CHECK(r->event == announce::event::started);
  CHECK_FALSE(s.next(start, chance));
  auto first = reply(100);
  first.tracker_id = "id";
  CHECK(s.answered(start, r->ticket, first, chance));
  CHECK(s.deadline() == start + seconds(100));
  CHECK_FALSE(s.next(start + seconds(99), chance));
  r = s.next(start + seconds(100), chance);
  REQUIRE(r);
  CHECK(r->event == announce::event::none);
  CHECK(r->tracker_id == "id");
  s.answered(start + seconds(100), r->ticket, reply(100), chance);
  s.completed(start + seconds(110));
  r = s.next(start + seconds(110), chance);
  REQUIRE(r);
  CHECK(r->event == announce::event::completed);
  s.answered(start + seconds(110), r->ticket, reply(100), chance);
  r = s.next(start + seconds(210), chance);
  REQUIRE(r);
  CHECK(r->event == announce::event::none);
  const auto last = s.stop();
  REQUIRE(last.size() == 1);
  CHECK(last[0].event == announce::event::stopped);
  CHECK_FALSE(s.deadline());
}

TEST_CASE("what completes while an announce is under way is told right after it") {
  rng chance(1);
  announce_schedule s({{"a"}}, {}, chance);
  s.start(start);
  const auto r = s.next(start, chance);
  s.completed(start + seconds(1));
  CHECK(s.answered(start + seconds(2), r->ticket, reply(100), chance));
  const auto next = s.next(start + seconds(2), chance);
  REQUIRE(next);
  CHECK(next->event == announce::event::completed);
}

TEST_CASE("a tier is tried in turn, then the next, and who answers comes first afterwards") {
  rng chance(2);
  announce_schedule s({{"a"}, {"b"}}, {}, chance);
  s.start(start);
  auto r = s.next(start, chance);
  CHECK(r->url == "a");
  s.failed(start, r->ticket, chance);
  r = s.next(start, chance);
  REQUIRE(r);
  CHECK(r->url == "b");
  s.answered(start, r->ticket, reply(60), chance);
  r = s.next(start + seconds(60), chance);
  REQUIRE(r);
  CHECK(r->url == "a");  // the first tier is preferred again
}

TEST_CASE("when all fail the waits double and are bounded") {
  rng chance(3);
  announce_schedule s({{"a", "b"}}, {}, chance);
  s.start(start);
  instant now = start;
  duration expected = seconds(2);
  for (int round = 0; round < 14; ++round) {
    CAPTURE(round);
    for (int i = 0; i < 2; ++i) {
      const auto r = s.next(now, chance);
      REQUIRE(r);
      s.failed(now, r->ticket, chance);
    }
    const auto wait = *s.deadline() - now;
    CHECK(to_seconds(wait) >= to_seconds(expected) * 0.79);
    CHECK(to_seconds(wait) <= to_seconds(expected) * 1.21);
    now = *s.deadline();
    expected = std::min<duration>(expected * 2, std::chrono::minutes(30));
  }
}

TEST_CASE("a slow tracker holds up nobody, and its late answer counts") {
  rng chance(3);
  announce_schedule s({{"a"}, {"b"}, {"c"}}, {}, chance);
  s.start(start);
  const auto first = s.next(start, chance);
  CHECK_FALSE(s.next(start + seconds(4), chance));
  const auto second = s.next(start + seconds(5), chance);
  REQUIRE(second);
  CHECK(second->url == "b");
  CHECK(s.answered(start + seconds(6), second->ticket, reply(60), chance));
  CHECK(s.deadline() == start + seconds(66));
  s.completed(start + seconds(7));  // "a" is still awaited: "b" is told
  const auto told = s.next(start + seconds(7), chance);
  REQUIRE(told);
  CHECK(told->url == "b");
  CHECK(told->event == announce::event::completed);
  CHECK(s.answered(start + seconds(8), told->ticket, reply(60), chance));
  CHECK(s.answered(start + seconds(20), first->ticket, reply(60), chance));
  CHECK(s.stop().size() == 2);
}

TEST_CASE("an answer that never comes counts as a failure") {
  rng chance(3);
  announce_schedule s({{"a"}}, {}, chance);
  s.start(start);
  const auto first = s.next(start, chance);
  CHECK_FALSE(s.next(start + seconds(5), chance));
  CHECK(s.deadline() == start + seconds(70));
  CHECK_FALSE(s.next(start + seconds(70), chance));
  CHECK_FALSE(s.answered(start + seconds(71), first->ticket, reply(60), chance));
  const auto again = s.next(*s.deadline(), chance);
  REQUIRE(again);
  CHECK(s.answered(start + seconds(75), again->ticket, reply(60), chance));
}

TEST_CASE("with all, every tracker is announced to in its own time") {
  rng chance(3);
  announce_settings settings;
  settings.all = true;
  announce_schedule s({{"a", "b"}, {"c"}}, settings, chance);
  s.start(start);
  std::vector<announce_order> orders;
  while (const auto r = s.next(start, chance)) {
    orders.push_back(*r);
  }
  REQUIRE(orders.size() == 3);
  CHECK(s.answered(start, orders[0].ticket, reply(30), chance));
  CHECK(s.failed(start, orders[1].ticket, chance));
  CHECK(s.answered(start, orders[2].ticket, reply(50), chance));
  CHECK(*s.deadline() < start + seconds(3));  // the failed one is tried again
  const auto again = s.next(*s.deadline(), chance);
  REQUIRE(again);
  CHECK(again->url == orders[1].url);
  CHECK(again->event == announce::event::started);
  CHECK(s.answered(start + seconds(3), again->ticket, reply(1000), chance));
  CHECK(s.next(start + seconds(30), chance)->url == orders[0].url);
  CHECK(s.next(start + seconds(50), chance)->url == orders[2].url);
  CHECK(s.stop().size() == 3);
}

TEST_CASE("asking for peers respects the minimum interval, and silly intervals are bounded") {
  rng chance(3);
  announce_schedule s({{"a"}}, {}, chance);
  s.start(start);
  auto r = s.next(start, chance);
  s.answered(start, r->ticket, reply(1800, 30), chance);
  s.want_peers(start + seconds(1));
  CHECK(s.deadline() == start + seconds(30));
  r = s.next(start + seconds(30), chance);
  s.answered(start + seconds(30), r->ticket, reply(0, 0), chance);
  CHECK(*s.deadline() >= start + seconds(35));
  r = s.next(*s.deadline(), chance);
  s.answered(start + seconds(40), r->ticket, reply(0xffffffff), chance);
  CHECK(*s.deadline() <= start + seconds(40) + std::chrono::hours(2));
}

TEST_CASE("a tracker that says never is not asked again") {
  rng chance(3);
  announce_schedule s({{"a"}}, {}, chance);
  s.start(start);
  const auto r = s.next(start, chance);
  announce_response no;
  no.failure_reason = "not here";
  no.retry_in_s = announce::never_retry;
  s.answered(start, r->ticket, no, chance);
  CHECK_FALSE(s.next(start + std::chrono::hours(10), chance));
  CHECK_FALSE(s.deadline());
  CHECK(s.stop().empty());  // it never knew us
}

TEST_CASE("no trackers, no announces") {
  rng chance(3);
  announce_schedule s({{}, {}}, {}, chance);
  s.start(start);
  CHECK_FALSE(s.next(start, chance));
  CHECK_FALSE(s.deadline());
}

}  // namespace
}  // namespace shoal::swarm
