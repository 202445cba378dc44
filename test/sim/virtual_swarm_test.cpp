#include <algorithm>

#include "sim/scenes.hpp"

namespace shoal::sim {
namespace {

swarm_plan content(std::uint64_t bytes, std::uint32_t piece_length, std::uint64_t seed = 1) {
  swarm_plan plan;
  plan.content_bytes = bytes;
  plan.piece_length = piece_length;
  plan.seed = seed;
  return plan;
}

TEST_CASE("one leecher gets everything from one seeder at the seeder's rate") {
  scene s(content(8 * mib, 256 * 1024));
  s.add(4.0 * mib, true);
  const auto leecher = s.add(1.0 * mib);
  s.run(60);
  REQUIRE(s.notes.completed_s(leecher));
  CHECK(*s.notes.completed_s(leecher) == doctest::Approx(2.0).epsilon(0.05));
  CHECK(s.swarm.totals(leecher).wasted == 0);
  s.check();
}

TEST_CASE("a downlink, a site's link, a disk and lost packets each bound the rate") {
  scene s(content(8 * mib, 256 * 1024));
  node_plan seeder;
  seeder.complete = true;
  node_plan leecher;
  const auto once = [&] {
    s.add(seeder);
    return s.add(leecher);
  };
  double expected = 4;
  SUBCASE("downlink") {
    leecher.down_bytes_per_s = 2.0 * mib;
  }
  SUBCASE("the far site's link") {
    leecher.site = s.swarm.add_site({unlimited, 2.0 * mib, {}});
  }
  SUBCASE("the near site's link") {
    seeder.site = s.swarm.add_site({2.0 * mib, unlimited, {}});
  }
  SUBCASE("the seeder's disk") {
    seeder.disk_bytes_per_s = 2.0 * mib;
  }
  SUBCASE("packets") {  // 1.22 * 1448 bytes / (2 ms * sqrt(p)) = 2 MiB/s
    expected = 4;
  }
  const auto who = once();
  if (expected == 4 && seeder.disk_bytes_per_s == unlimited && leecher.down_bytes_per_s == unlimited &&
      !leecher.site && !seeder.site) {
    s.swarm.set_loss(node_index(0), 0.17741);
  }
  s.run(60);
  REQUIRE(s.notes.completed_s(who));
  CHECK(*s.notes.completed_s(who) == doctest::Approx(expected).epsilon(0.1));
  s.check();
}

TEST_CASE("a slow receiver keeps only its own blocks waiting") {
  scene s(content(16 * mib, 256 * 1024));
  node_plan seeder;
  seeder.complete = true;
  seeder.up_bytes_per_s = 8.0 * mib;
  s.add(seeder);
  node_plan slow;
  slow.down_bytes_per_s = 0.1 * mib;
  slow.core.choking.rule = peer::choke_rule::nobody;
  const auto tortoise = s.add(slow);
  node_plan fast;
  fast.core.choking.rule = peer::choke_rule::nobody;
  const auto hare = s.add(fast);
  s.run(300);
  REQUIRE(s.notes.completed_s(hare));
  CHECK(*s.notes.completed_s(hare) < 3);
  REQUIRE(s.notes.completed_s(tortoise));
  CHECK(*s.notes.completed_s(tortoise) == doctest::Approx(160).epsilon(0.05));
  s.check();
}

TEST_CASE("a flash crowd finishes near the lower bound, and the same seed gives the same run") {
  struct outcome {
    double last = 0;
    std::string digest;
  };
  const auto run = [](std::uint64_t seed, bool wire) {
    auto plan = content(64 * mib, 64 * 1024, seed);
    plan.wire = wire;
    scene s(plan);
    s.add(8.0 * mib, true);
    outcome out;
    for (std::uint32_t i = 1; i <= 8; ++i) {
      s.add(8.0 * mib);
    }
    s.run(200);
    for (std::uint32_t i = 1; i <= 8; ++i) {
      REQUIRE(s.notes.completed_s(node_index(i)));
      out.last = std::max(out.last, *s.notes.completed_s(node_index(i)));
    }
    s.check();
    out.digest = s.swarm.digest();
    return out;
  };
  const auto plain = run(7, false);
  MESSAGE("digest " << plain.digest);
  MESSAGE("last leecher at " << plain.last / 8 << " x the lower bound");
  CHECK(plain.last / 8 < 1.25);
  CHECK(run(7, false).digest == plain.digest);
  CHECK(run(7, true).digest == plain.digest);  // through the real encoder and decoder
  CHECK(run(8, false).digest != plain.digest);
}

TEST_CASE("with a tick the same happens, not much later, and rates stay what they are") {
  for (const int tick_ms : {20, 100}) {
    CAPTURE(tick_ms);
    const auto run = [&](bool wire) {
      auto plan = content(32 * mib, 128 * 1024, 7);
      plan.wire = wire;
      plan.grain = std::chrono::milliseconds(tick_ms);
      scene s(plan);
      s.add(4.0 * mib, true);
      for (std::uint32_t i = 1; i <= 8; ++i) {
        s.add(4.0 * mib);
      }
      s.run(200);
      CHECK(s.notes.completed_count() == 8);
      double last = 0;
      for (std::uint32_t i = 1; i <= 8; ++i) {
        last = std::max(last, s.notes.completed_s(node_index(i)).value_or(1e9));
        CHECK(static_cast<double>(s.notes.given(node_index(i))) <= 4.0 * mib * (last + tick_ms / 1000.0));
      }
      MESSAGE("last leecher at " << last / 8 << " x the lower bound");
      CHECK(last > 8);
      CHECK(last < 8 * 1.5);
      s.check();
      return s.swarm.digest();
    };
    CHECK(run(false) == run(true));
  }
}

TEST_CASE("a tick neither adds to what an uplink carries nor takes from it") {
  auto plan = content(64 * mib, 1024 * 1024, 3);
  plan.block_length = 1024 * 1024;  // 0.3 s on this uplink, which no tick divides
  plan.grain = std::chrono::milliseconds(70);
  scene s(plan);
  node_plan seeder;
  seeder.complete = true;
  seeder.up_bytes_per_s = 3.3 * mib;
  s.add(seeder);
  const auto leecher = s.add(1.0 * mib);
  s.run(60);
  REQUIRE(s.notes.completed_s(leecher));
  CHECK(*s.notes.completed_s(leecher) > 64 / 3.3);
  CHECK(*s.notes.completed_s(leecher) < 64 / 3.3 + 8 * 0.07);  // ticks until the first block is asked for
  s.check();
}

TEST_CASE("a seeder's advice sends each piece out once, also when pieces are large and few") {
  scene s(content(64 * mib, 1024 * 1024, 4));
  const auto seeder = s.add(8.0 * mib, true);
  for (std::uint32_t i = 1; i <= 8; ++i) {
    s.add(8.0 * mib);
  }
  s.run(200);
  double last = 0;
  for (std::uint32_t i = 1; i <= 8; ++i) {
    REQUIRE(s.notes.completed_s(node_index(i)));
    last = std::max(last, *s.notes.completed_s(node_index(i)));
  }
  MESSAGE("last leecher at " << last / 8 << " x the lower bound, the seeder gave "
                             << static_cast<double>(s.notes.given(seeder)) / (64.0 * mib) << " copies");
  CHECK(last / 8 < 1.5);
  s.check();
}

TEST_CASE("the swarm completes when the seeder dies after one copy has left it") {
  scene s(content(8 * mib, 64 * 1024, 3));
  const auto seeder = s.add(8.0 * mib, true);
  for (int i = 0; i < 4; ++i) {
    s.add(2.0 * mib);
  }
  double t = 0;
  const auto whole_without_seeder = [&] {
    const auto held = [&](std::uint32_t p) {
      for (std::uint32_t i = 1; i <= 4; ++i) {
        if (s.swarm.core(node_index(i)).pieces().have().test(piece_index(p))) {
          return true;
        }
      }
      return false;
    };
    for (std::uint32_t p = 0; p < s.swarm.geometry().piece_count(); ++p) {
      if (!held(p)) {
        return false;
      }
    }
    return true;
  };
  while (!whole_without_seeder()) {
    t += 0.1;
    s.run(t);
    REQUIRE(t < 100);
  }
  s.swarm.die(seeder);
  s.run(300);
  CHECK(s.notes.completed_count() == 4);
  s.check();
}

TEST_CASE("a liar is banned and everybody completes") {
  scene s(content(4 * mib, 64 * 1024, 5));
  s.add(8.0 * mib, true);
  const auto liar = s.add(8.0 * mib, true);
  s.swarm.set_lies(liar, true);
  std::vector<node_index> honest;
  for (int i = 0; i < 3; ++i) {
    honest.push_back(s.add(8.0 * mib));
  }
  s.run(300);
  for (const auto who : honest) {
    CHECK(s.notes.completed_s(who));
    CHECK(s.notes.reports(who, swarm::report::kind::piece_failed) > 0);
    CHECK(s.notes.reports(who, swarm::report::kind::peer_banned) > 0);
  }
  s.check();
}

TEST_CASE("a swarm gets over a partition, and over the death of its tracker") {
  scene s(content(32 * mib, 256 * 1024, 5));
  s.add(1.0 * mib, true);
  for (int i = 0; i < 6; ++i) {
    s.add(1.0 * mib);
  }
  SUBCASE("partition") {
    s.run(10);
    for (std::uint32_t i = 4; i <= 6; ++i) {
      s.swarm.set_side(node_index(i), 1);
    }
    s.run(50);
    CHECK(s.notes.completed_count() == 3);  // those with the seeder
    for (std::uint32_t i = 4; i <= 6; ++i) {
      s.swarm.set_side(node_index(i), 0);
    }
  }
  SUBCASE("tracker") {
    s.run(5);
    s.swarm.set_tracker(false);
    s.swarm.forget_swarm();
  }
  s.run(200);
  CHECK(s.notes.completed_count() == 6);
  s.check();
}

TEST_CASE("who starves beside a seeder is found") {
  scene s(content(64 * mib, 256 * 1024, 2));
  node_plan seeder;
  seeder.complete = true;
  seeder.up_bytes_per_s = 64.0 * 1024;
  seeder.core.upload_slots = 1;
  seeder.core.lends_slots = false;
  SUBCASE("its only slot never goes round") {
    seeder.core.choking.optimistic_every = std::chrono::hours(10);
  }
  SUBCASE("it does") {}
  const bool goes_round = seeder.core.choking.optimistic_every < std::chrono::hours(1);
  s.add(seeder);
  node_plan rider;
  rider.core.choking.rule = peer::choke_rule::nobody;
  s.add(rider);
  s.add(rider);
  s.run(600);
  s.swarm.check();
  CHECK(s.swarm.breaches().empty() == goes_round);
}

TEST_CASE("who leaves in good order is forgotten by all, and a free rider gives nothing") {
  scene s(content(8 * mib, 64 * 1024, 9));
  s.add(8.0 * mib, true);
  node_plan rider;
  rider.core.choking.rule = peer::choke_rule::nobody;
  const auto free_rider = s.add(rider);
  const auto leaver = s.add(1.0 * mib);
  const auto stayer = s.add(1.0 * mib);
  s.swarm.at(beginning + std::chrono::milliseconds(500), [&] { s.swarm.leave(leaver); });
  s.run(100);
  CHECK_FALSE(s.swarm.present(leaver));
  CHECK_FALSE(s.notes.completed_s(leaver));
  CHECK(s.notes.completed_s(stayer));
  CHECK(s.notes.completed_s(free_rider));
  CHECK(s.notes.given(free_rider) == 0);
  CHECK(s.notes.given(stayer) > 0);
  s.check();
}

}  // namespace
}  // namespace shoal::sim
