// A core that has nobody to serve is taken apart, and goes on as if it had not been.

#include <doctest/doctest.h>

#include "swarm/script.hpp"

namespace shoal::swarm {
namespace {

core_setup seeder_setup() {
  auto setup = script::setup(true, {});
  setup.trackers = {{"http://tracker.test/announce"}};
  return setup;
}

void answer_last(script& s) {
  announced e;
  e.ticket = s.all<announce_to>().back().ticket;
  e.reached = true;
  e.response.interval_s = 1800;
  s.on(e);
}

/// A peer comes, gets a block, and goes.
void serve_somebody(script& s) {
  const auto key = s.join();
  s.say(key, wire::have_none{});
  s.say(key, wire::interested{});
  s.say(key, wire::request{block(3, 1)});
  const auto wanted = s.all<load>().back();
  const block_loaded loaded{wanted.key, wanted.block, true};
  s.on(blocks_loaded{std::span(&loaded, 1)});
  s.on(sent{key, block_bytes});
  s.on(peer_left{key});
}

/// As the session does it: without trackers, with another seed.
void rest_and_wake(script& s) {
  REQUIRE(s.core.may_rest(s.now));
  auto setup = seeder_setup();
  setup.trackers.clear();
  setup.seed = 99;
  auto rested = std::move(s.core).rest();
  REQUIRE(rested.deadline().has_value());
  s.core = torrent_core(std::move(setup), std::move(rested));
}

TEST_CASE("a core that rested announces and serves as one that did not") {
  script rested(seeder_setup()), awake(seeder_setup());
  for (auto* const s : {&rested, &awake}) {
    answer_last(*s);
    serve_somebody(*s);
    s->now += seconds(30);
    s->on(tick{});
    s->actions.clear();
  }
  CHECK(rested.core.deadline() == awake.core.deadline());
  rest_and_wake(rested);
  CHECK(rested.core.deadline() == awake.core.deadline());
  CHECK(rested.core.totals().uploaded == block_bytes);
  CHECK(rested.core.complete());
  for (auto* const s : {&rested, &awake}) {
    s->now = *s->core.deadline();
    s->on(tick{});
    const auto announces = s->all<announce_to>();
    REQUIRE(announces.size() == 1);
    CHECK(announces[0].event == announce::event::none);  // the tracker knows us already
    CHECK(announces[0].uploaded == block_bytes);
    CHECK(announces[0].left == 0);
    answer_last(*s);
    serve_somebody(*s);
    CHECK(s->all<upload>().size() == 1);
    CHECK(s->core.totals().uploaded == 2 * block_bytes);
  }
  CHECK(rested.actions.size() == awake.actions.size());
  CHECK(rested.core.deadline() == awake.core.deadline());
}

TEST_CASE("an announce that is under way at rest is answered as ever") {
  script s(seeder_setup());
  rest_and_wake(s);
  answer_last(s);
  CHECK(s.all<report>().back().what == report::kind::tracker_replied);
  CHECK(s.core.deadline() == s.now + seconds(1800));
  s.on(stop{});
  CHECK(s.all<announce_to>().back().event == announce::event::stopped);
}

TEST_CASE("a core does not rest while something is to be done or remembered") {
  script s(seeder_setup());
  answer_last(s);
  CHECK(s.core.may_rest(s.now));
  const auto somebody = endpoint{ip_address::v4({10, 0, 0, 9}), 1000};
  SUBCASE("somebody is here") {
    const auto key = s.join();
    CHECK_FALSE(s.core.may_rest(s.now));
    s.on(peer_left{key});
    CHECK(s.core.may_rest(s.now));
  }
  SUBCASE("what was sent is not old yet") {
    serve_somebody(s);
    CHECK_FALSE(s.core.may_rest(s.now + seconds(5)));
    CHECK(s.core.may_rest(s.now + seconds(30)));
  }
  SUBCASE("somebody is known") {
    s.on(peers_found{std::span(&somebody, 1)});
    CHECK_FALSE(s.core.may_rest(s.now));
    s.on(connect_failed{somebody, true});
    CHECK(s.core.may_rest(s.now));
  }
  SUBCASE("somebody is banned") {
    s.on(liar_found{somebody.address});
    CHECK_FALSE(s.core.may_rest(s.now));
  }
  SUBCASE("it has stopped") {
    s.on(stop{});
    CHECK_FALSE(s.core.may_rest(s.now));
  }
}

TEST_CASE("a core that lacks something, hides something or has not begun does not rest") {
  CHECK_FALSE(script(false).core.may_rest(instant(seconds(100))));
  core_settings hiding;
  hiding.super_seed = true;
  CHECK_FALSE(script(true, hiding).core.may_rest(instant(seconds(100))));
  CHECK_FALSE(torrent_core(seeder_setup()).may_rest(instant(seconds(100))));
}

}  // namespace
}  // namespace shoal::swarm
