// What is published about swarms, at a reduced size; docs/lab.md has the full one.

#include <cmath>
#include <numeric>

#include "lab/crowds.hpp"

namespace shoal::lab {
namespace {

TEST_CASE("Hajek and Zhu 2011: the seed's rate against the arrivals' decides about stability") {
  const auto peers_at_end = [](double seed_pieces_per_s, departure how) {
    scenario s = flash_crowd(1000, 1, 4);
    s.name = "stability";
    const double piece = s.piece_length;
    s.groups = {group("seed", role::seeder, 1, seed_pieces_per_s * piece),
                group("peers", role::leecher, 1000, 4 * piece)};
    s.groups[1].arrival = arrive_poisson{2, {}};
    s.groups[1].departure = how;
    s.groups[1].strategy.neighbours_max = s.groups[0].strategy.neighbours_max = 40;
    s.whole_time = true;
    s.time_max = std::chrono::seconds(200);
    s.tracker.interval_s = s.tracker.min_interval_s = 30;
    const auto r = run(s);
    return mean_between(r, 150, 200, [&](std::size_t i) {
      return r.series.groups[1].leeching[i] + r.series.groups[1].seeding[i];
    });
  };
  const double stable = peers_at_end(6, leave_complete{});
  const double unstable = peers_at_end(0.4, leave_complete{});
  const double healed = peers_at_end(0.4, leave_after_pieces{1});
  MESSAGE("peers at the end: fast seed " << stable << ", slow seed " << unstable
                                         << ", slow seed and one more piece given " << healed);
  CHECK(stable < 30);
  CHECK(unstable > 150);  // 1.6 more a second come than can ever go
  CHECK(healed < 60);
}

TEST_CASE("Hajek and Zhu 2010: a club that lacks one piece grows by arrivals less what the seed can serve") {
  const auto growth_per_s = [](double arrivals_per_s) {
    scenario s = flash_crowd(1000, 8, 64);
    const double piece = s.piece_length;
    s.groups = {group("seed", role::seeder, 1, 4 * piece), group("peers", role::leecher, 1000, 8 * piece),
                group("club", role::leecher, 100, 8 * piece)};
    s.groups[1].arrival = arrive_poisson{arrivals_per_s, {}};
    s.groups[2].one_club = true;
    for (auto& g : s.groups) {
      g.strategy.neighbours_max = 30;
    }
    s.groups[1].departure = s.groups[2].departure = leave_complete{};
    s.whole_time = true;
    s.time_max = std::chrono::seconds(40);
    const auto r = run(s);
    const auto peers = [&](std::size_t i) {
      return r.series.groups[1].leeching[i] + r.series.groups[2].leeching[i];
    };
    return (mean_between(r, 30, 40, peers) - mean_between(r, 10, 20, peers)) / 20;
  };
  CHECK(growth_per_s(2) == doctest::Approx(-2).epsilon(0.35));
  CHECK(growth_per_s(8) == doctest::Approx(4).epsilon(0.35));
}

TEST_CASE(
    "Legout et al. 2006: with a slow seed rarest first ends sooner, and the rarest set shrinks linearly") {
  auto s = flash_crowd(24, 16, 256, 1 * mib);
  s.groups[0].up = {0.4 * mib, 0.4 * mib};
  s.groups[1].strategy.neighbours_max = 10;
  s.groups[0].strategy.neighbours_max = 10;
  s.groups[0].strategy.advises = false;  // as the seeds of then: with advice the rule makes no difference
  const auto rarest = run(s);
  s.groups[1].strategy.pick = pick_rule::random;
  const auto random = run(s);
  const double gap = completions(random, 1).back() / completions(rarest, 1).back();
  MESSAGE("random takes " << gap << " x as long as rarest first");
  CHECK(gap > 1);

  // Pieces that only the seed has, over the time in which there are any: least squares.
  std::vector<double> t, n;
  for (std::size_t i = 0; i < rarest.series.t_s.size() && rarest.series.rarest_copies[i] == 1; ++i) {
    t.push_back(rarest.series.t_s[i]);
    n.push_back(rarest.series.rarest_pieces[i]);
  }
  REQUIRE(t.size() > 10);
  const double mean_t = std::accumulate(t.begin(), t.end(), 0.0) / static_cast<double>(t.size());
  const double mean_n = std::accumulate(n.begin(), n.end(), 0.0) / static_cast<double>(n.size());
  double tt = 0, tn = 0, nn = 0;
  for (std::size_t i = 0; i < t.size(); ++i) {
    tt += (t[i] - mean_t) * (t[i] - mean_t);
    tn += (t[i] - mean_t) * (n[i] - mean_n);
    nn += (n[i] - mean_n) * (n[i] - mean_n);
  }
  MESSAGE("pieces a second " << -tn / tt << ", R^2 " << tn * tn / (tt * nn));
  CHECK(tn * tn / (tt * nn) > 0.95);
}

TEST_CASE("Legout et al. 2007: with a fast seed like gives to like") {
  const auto index = [](double seed_up) {  // given within the class over what chance would give
    auto s = flash_crowd(0, 32, 128);
    s.groups = {group("seed", role::seeder, 1, seed_up), group("slow", role::leecher, 14, 0.25 * mib),
                group("middle", role::leecher, 14, 1 * mib), group("fast", role::leecher, 14, 4 * mib)};
    for (std::size_t g = 1; g < 4; ++g) {
      s.groups[g].strategy.slots = 4;
      s.groups[g].strategy.lends_slots = false;  // as the clients of then
      s.groups[g].strategy.moves_requests = false;
    }
    const auto r = run(s);
    double within = 0, all = 0;
    for (const auto& p : r.peers) {
      for (std::size_t g = 1; g < 4 && p.group.index() != 0; ++g) {
        all += static_cast<double>(p.given[g]);
        within += g == p.group.index() ? static_cast<double>(p.given[g]) : 0;
      }
    }
    return within / all * 41 / 13;
  };
  const double fast_seed = index(8 * mib);
  const double slow_seed = index(0.5 * mib);
  MESSAGE("index: fast seed " << fast_seed << ", slow seed " << slow_seed);
  CHECK(fast_seed > 1.2);
  CHECK(fast_seed > slow_seed);
}

}  // namespace
}  // namespace shoal::lab
