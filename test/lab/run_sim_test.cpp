#include <atomic>
#include <numeric>

#include "lab/crowds.hpp"

namespace shoal::lab {
namespace {

TEST_CASE("a run tells who got what from whom, and how the swarm was meanwhile") {
  auto s = flash_crowd(12, 16, 64);
  s.groups.push_back(group("riders", role::leecher, 3, 2 * mib));
  s.groups[2].strategy.choke = choke_rule::free_rider;
  const auto r = run(s);
  REQUIRE(r.peers.size() == 16);
  std::vector<std::uint64_t> given(9), taken(9);
  for (const auto& p : r.peers) {
    REQUIRE(p.given.size() == 3);
    CHECK(p.joined_s == 0);
    CHECK_FALSE(p.left_s.has_value());
    CHECK(p.completed_s.has_value() == (p.group != group_index(0)));
    for (std::size_t g = 0; g < 3; ++g) {
      given[p.group.index() * 3 + g] += p.given[g];
      taken[g * 3 + p.group.index()] += p.taken[g];
    }
    if (p.group != group_index(0)) {
      CHECK(p.taken_total() - p.wasted == s.content_bytes);
    }
    if (p.group == group_index(2)) {
      CHECK(p.given_total() == 0);
    }
  }
  CHECK(given == taken);

  const auto& t = r.series;
  const std::size_t samples = t.t_s.size();
  REQUIRE(samples > 5);
  CHECK(std::is_sorted(t.t_s.begin(), t.t_s.end()));
  CHECK(t.availability.rows == 64);
  CHECK(t.availability.copies.size() == samples * 64);
  CHECK(t.availability.copies.back() == 16);
  CHECK(t.rarest_copies.back() == 16);
  CHECK(t.rarest_pieces.back() == 64);
  CHECK(t.rarest_copies.front() >= 1);
  REQUIRE(t.groups.size() == 3);
  CHECK(t.groups[1].leeching.front() == 12);
  CHECK(t.groups[1].seeding.back() == 12);
  double bytes = 0;
  for (std::size_t i = 0; i < samples; ++i) {
    bytes += t.groups[1].down_bytes_per_s[i] * (t.t_s[i] - (i == 0 ? 0 : t.t_s[i - 1]));
    CHECK(t.uplink_use[i] <= 1);
  }
  const auto of_group = std::accumulate(taken.begin(), taken.end(), 0.0) * 12 / 15;
  CHECK(bytes == doctest::Approx(of_group).epsilon(0.05));
}

TEST_CASE("a run tells for how long leechers let each other have slots") {
  auto s = flash_crowd(6, 16, 64);
  s.groups.push_back(group("riders", role::leecher, 3, 2 * mib));
  s.groups[1].strategy.slots = 2;
  s.groups[2].strategy.choke = choke_rule::free_rider;
  const auto r = run(s);
  REQUIRE(r.unchoked_s.has_value());
  const auto& t = *r.unchoked_s;
  REQUIRE(t.size() == 3);
  double all = 0, most = 0;
  for (std::size_t g = 0; g < 3; ++g) {
    CHECK(t[0][g] == 0);  // the seeder's do not count
    CHECK(t[2][g] == 0);
    CHECK(t[g][0] == 0);
    all += t[1][g];
  }
  for (const auto& p : r.peers) {
    most += p.group == group_index(1) ? 2 * *p.completed_s : 0;
  }
  CHECK(all > most / 2);
  CHECK(all <= most);
  s.groups[1].count = 1200;
  s.time_max = std::chrono::seconds(1);
  CHECK_FALSE(run(s).unchoked_s.has_value());
}

TEST_CASE("the same scenario and seed give the same trace, with and without the wire") {
  const auto s = flash_crowd(10, 8, 64);
  run_options options;
  options.seed = 3;
  const auto first = run_sim(s, options);
  CHECK(run_sim(s, options).trace_digest == first.trace_digest);
  options.wire = true;
  CHECK(run_sim(s, options).trace_digest == first.trace_digest);
  options.wire = false;
  options.seed = 4;
  CHECK(run_sim(s, options).trace_digest != first.trace_digest);
}

// `.ci/run` compares what this prints between builds: optimised or not, one compiler or the other.
TEST_CASE("a run with all that takes real numbers has the same trace in every build") {
  auto s = flash_crowd(30, 8, 64);
  s.groups[1].up = {0.5 * mib, 5 * mib};
  s.groups[1].arrival = arrive_poisson{10, {}};
  s.groups[1].departure = leave_after{std::chrono::seconds(5), true};
  s.groups[1].patience_mean = std::chrono::seconds(60);
  s.groups.push_back(group("selfish", role::leecher, 5, 1 * mib));
  s.groups[2].strategy.choke = choke_rule::selfish_cap;
  s.faults = {{{std::chrono::seconds(1), {}}, links_lose{{group_index(1), 10}, 0.01, {}}}};
  const auto digest = run(s, 5).trace_digest;
  MESSAGE("trace " << digest);
  CHECK(run(s, 5).trace_digest == digest);
}

TEST_CASE("peers come and go as the scenario says") {
  auto s = flash_crowd(10, 4, 64);
  auto& leechers = s.groups[1];
  SUBCASE("at completion") {
    leechers.departure = leave_complete{};
    for (const auto& p : run(s).peers) {
      CHECK(p.left_s == p.completed_s);
    }
  }
  SUBCASE("after a time") {
    s.whole_time = true;
    s.time_max = std::chrono::seconds(60);
    leechers.departure = leave_after{std::chrono::seconds(5)};
    for (const auto& p : run(s).peers) {
      if (p.group == group_index(1)) {
        CHECK(*p.left_s == doctest::Approx(*p.completed_s + 5));
      }
    }
  }
  SUBCASE("one after another") {
    leechers.arrival = arrive_over{std::chrono::seconds(1), std::chrono::seconds(10)};
    const auto r = run(s);
    CHECK(r.peers[1].joined_s == 1);
    CHECK(r.peers[2].joined_s == 2);
    CHECK(r.peers[10].joined_s == 10);
  }
  SUBCASE("without patience") {
    leechers.patience_mean = std::chrono::milliseconds(1);
    for (const auto& p : run(s).peers) {
      CHECK_FALSE(p.completed_s.has_value());
    }
  }
}

TEST_CASE("faults befall whom the scenario says") {
  auto s = flash_crowd(12, 8, 64);
  SUBCASE("the seeder dies when half of the work is done") {
    s.faults = {{{{}, 0.5}, peers_die{{group_index(0), 1}, {}}}};
    s.time_max = std::chrono::seconds(60);
    const auto r = run(s);
    REQUIRE(r.peers[0].left_s.has_value());
    const auto& t = r.series;
    const auto died = std::lower_bound(t.t_s.begin(), t.t_s.end(), *r.peers[0].left_s) - t.t_s.begin();
    const auto of_row = t.availability.copies.begin() + died * 64;
    CHECK(std::accumulate(of_row, of_row + 64, 0.0) / 64 > 5);  // of 12
  }
  SUBCASE("a third of the leechers die") {
    s.faults = {{{std::chrono::seconds(1), {}}, peers_die{{group_index(1), 4}, std::chrono::seconds(1)}}};
    const auto r = run(s);
    CHECK(std::count_if(r.peers.begin(), r.peers.end(), [](const auto& p) { return p.left_s.has_value(); }) ==
          4);
    CHECK(std::count_if(r.peers.begin(), r.peers.end(),
                        [](const auto& p) { return p.completed_s.has_value(); }) == 8);
  }
  SUBCASE("liars are found") {
    s.groups[0].count = 2;
    s.faults = {{{{}, {}}, peers_lie{{group_index(0), 1}}}};
    const auto r = run(s);
    CHECK(completions(r, 1).size() == 12);
    double wasted = 0;
    for (const auto& p : r.peers) {
      wasted += static_cast<double>(p.wasted);
    }
    CHECK(wasted > 0);
  }
}

TEST_CASE("a run can be stopped, and long series are joined") {
  auto s = flash_crowd(4, 4, 64);
  SUBCASE("stopped") {
    const std::atomic<bool> stop{true};
    run_options options;
    options.stop = &stop;
    const auto r = run_sim(s, options);
    CHECK(r.interrupted);
    CHECK(r.ended_s < 1);
  }
  SUBCASE("long") {
    s.whole_time = true;
    s.time_max = std::chrono::seconds(2000);
    const auto r = run(s);
    CHECK(r.ended_s == 2000);
    CHECK(r.series.t_s.size() < 600);
    CHECK(r.series.t_s[1] - r.series.t_s[0] == doctest::Approx(4));
    CHECK(r.series.groups[1].seeding.back() == 4);
  }
}

}  // namespace
}  // namespace shoal::lab
