// What is published about how fast a swarm can be, and how it is in its steady state, at a reduced size;
// docs/lab.md has the full one.

#include <cmath>

#include "lab/crowds.hpp"

namespace shoal::lab {
namespace {

TEST_CASE("Kumar and Ross 2006: a flash crowd ends near the minimum time") {
  const auto s = flash_crowd(40, 32, 256);
  const auto t = completions(run(s), 1);
  const double least = *lower_bound_s(s);
  MESSAGE("median " << median(t) / least << ", last " << t.back() / least << " x the bound");
  CHECK(median(t) / least < 1.15);
  CHECK(t.back() / least < 1.25);
}

TEST_CASE("Mundinger, Weber and Weiss 2008: with equal uplinks more parts come nearer to the optimum") {
  const auto ratio = [](std::uint32_t parts) {
    const auto s = flash_crowd(31, 16, parts);
    const double upload_s = static_cast<double>(s.content_bytes) / s.groups[0].up.low;
    const double optimum = 1 + std::floor(std::log2(32)) / parts;
    return completions(run(s), 1).back() / upload_s / optimum;
  };
  const double few = ratio(16);
  const double many = ratio(256);
  MESSAGE("over the optimum: 16 parts " << few << ", 256 parts " << many);
  CHECK(many < few);
  CHECK(many < 1.25);
}

TEST_CASE("Qiu and Srikant 2004: seeds and leechers in the steady state, and no last-piece problem there") {
  auto s = flash_crowd(1000, 4, 64);
  const double file = static_cast<double>(s.content_bytes);
  s.groups = {group("seed", role::seeder, 1, file / 32), group("peers", role::leecher, 1000, file / 32)};
  s.groups[1].down = {file / 4, file / 4};
  s.groups[1].arrival = arrive_poisson{1, {}};
  s.groups[1].departure = leave_after{std::chrono::seconds(16), true};
  s.groups[1].strategy.neighbours_max = 20;
  s.whole_time = true;
  s.time_max = std::chrono::seconds(200);
  const auto r = run(s);
  const auto& peers = r.series.groups[1];
  const double seeds = mean_between(r, 80, 200, [&](std::size_t i) { return peers.seeding[i]; });
  const double leechers = mean_between(r, 80, 200, [&](std::size_t i) { return peers.leeching[i]; });
  const double copies = mean_between(r, 80, 200, [&](std::size_t i) { return r.series.rarest_copies[i]; });
  MESSAGE("seeds " << seeds << " of 16, leechers " << leechers << " of 15, copies of the rarest piece "
                   << copies);
  CHECK(seeds == doctest::Approx(16).epsilon(0.25));  // arrivals / departures of seeds
  // 32 uplinks feed one arrival a second: 1 + 16 + 15. Who begins has nothing to give at first, which a fluid
  // does not know, and which is less of a larger file.
  CHECK(leechers > 12);
  CHECK(leechers < 20);
  CHECK(copies > 10);
}

TEST_CASE("Piatek et al. 2007: who gives no more than pays slows everybody down") {
  const auto medians = [](choke_rule how) {
    auto s = flash_crowd(0, 16, 128);
    s.groups = {group("seed", role::seeder, 1, 0.25 * mib), group("slow", role::leecher, 15, 0.0625 * mib),
                group("fast", role::leecher, 5, 0.5 * mib)};
    for (std::size_t g = 1; g < 3; ++g) {
      s.groups[g].departure = leave_complete{};
      s.groups[g].strategy.choke = how;
    }
    const auto r = run(s);
    return std::pair(median(completions(r, 1)), median(completions(r, 2)));
  };
  const auto [slow, fast] = medians(choke_rule::standard);
  const auto [slow_selfish, fast_selfish] = medians(choke_rule::selfish_cap);
  MESSAGE("times: slow " << slow_selfish / slow << ", fast " << fast_selfish / fast);
  CHECK(slow_selfish > slow);
  CHECK(fast_selfish > fast);
}

}  // namespace
}  // namespace shoal::lab
