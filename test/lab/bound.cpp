#include <cmath>

#include <doctest/doctest.h>

#include <shoal/lab/bound.hpp>

using namespace shoal;
using namespace shoal::lab;

namespace {

constexpr double mib = 1 << 20;

scenario flash_crowd(std::uint32_t leechers, double seeder_up, double leecher_up, double leecher_down) {
  scenario s;
  s.content_bytes = 256 << 20;
  s.piece_length = 1 << 20;
  s.groups.push_back({.name = "seeder", .role = role::seeder, .up = {seeder_up, seeder_up}});
  s.groups.push_back({.name = "crowd",
                      .count = leechers,
                      .up = {leecher_up, leecher_up},
                      .down = {leecher_down, leecher_down}});
  return s;
}

}  // namespace

TEST_CASE("the least time is set by the scarcest of three things") {
  // Eight leechers and a seeder with 8 MiB/s each: 8 copies of 256 MiB through 72 MiB/s is less than one
  // copy through the seeder's 8 MiB/s.
  CHECK(lower_bound_s(flash_crowd(8, 8 * mib, 8 * mib, unlimited)) == doctest::Approx(32));
  CHECK(lower_bound_s(flash_crowd(8, 8 * mib, 1 * mib, unlimited)) == doctest::Approx(128));
  CHECK(lower_bound_s(flash_crowd(8, 80 * mib, 80 * mib, 2 * mib)) == doctest::Approx(128));
  CHECK(lower_bound_s(flash_crowd(8, unlimited, unlimited, unlimited)) == doctest::Approx(0));
}

TEST_CASE("those who are to die need no copy") {
  auto s = flash_crowd(80, 80 * mib, 8 * mib, unlimited);
  const auto all = lower_bound_s(s);
  s.faults.push_back({.what = peers_die{{group_index(1), 20}}});
  CHECK(*lower_bound_s(s) == doctest::Approx(*all * 60 / 80));
}

TEST_CASE("what free riders could give does not count") {
  auto s = flash_crowd(80, 80 * mib, 8 * mib, unlimited);
  s.groups.push_back(s.groups[1]);
  s.groups[2].strategy.choke = choke_rule::free_rider;
  CHECK(*lower_bound_s(s) == doctest::Approx(160 * 256.0 / (80 + 80 * 8)));
}

TEST_CASE("where the formula is no bound there is none") {
  auto s = flash_crowd(8, 8 * mib, 8 * mib, unlimited);
  SUBCASE("peers come one by one") {
    s.groups[1].arrival = arrive_poisson{.per_s = 1};
  }
  SUBCASE("peers begin with a part") {
    s.groups[1].have_part = 0.5;
  }
  SUBCASE("peers give up") {
    s.groups[1].patience_mean = std::chrono::seconds(60);
  }
  SUBCASE("nobody has it") {
    s.groups.erase(s.groups.begin());
  }
  CHECK_FALSE(lower_bound_s(s).has_value());
}

TEST_CASE("a spread rate stays in its range, fills it evenly, and has the range's geometric mean") {
  const link_rate r{2 * mib, 20 * mib};
  constexpr std::uint32_t n = 1000;
  double logs = 0;
  std::uint32_t below_middle = 0;
  const double middle = std::sqrt(r.low * r.high);
  for (std::uint32_t i = 0; i < n; ++i) {
    CHECK(r.of(i) >= r.low);
    CHECK(r.of(i) <= r.high);
    logs += std::log(r.of(i));
    below_middle += r.of(i) < middle ? 1U : 0U;
  }
  CHECK(std::exp(logs / n) == doctest::Approx(middle).epsilon(0.01));
  CHECK(below_middle == doctest::Approx(n / 2.0).epsilon(0.01));
  CHECK(link_rate{mib, mib}.of(7) == mib);
  CHECK(link_rate{}.of(7) == unlimited);
}
