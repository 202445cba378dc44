// What a seeder sends until the swarm could do without it.

#include "lab/crowds.hpp"

namespace shoal::lab {
namespace {

/// By a super seeder, or by one that does nothing to spread its pieces.
double copies_sent(bool super_seeds, std::uint64_t seed) {
  auto s = flash_crowd(40, 16, 64);
  s.groups[0].up = {1 * mib, 1 * mib};
  s.groups[0].strategy.advises = false;
  s.groups[1].strategy.moves_requests = false;        // as other clients, for whom this is
  s.groups[0].strategy.slots = super_seeds ? 0 : 40;  // everybody at once
  s.groups[0].strategy.super_seeds = super_seeds;
  const auto r = run(s, seed);
  CHECK(completions(r, 1).size() == 40);
  REQUIRE(r.seeder_bytes_until_whole.has_value());
  return static_cast<double>(*r.seeder_bytes_until_whole) / static_cast<double>(s.content_bytes);
}

TEST_CASE("a super seeder sends little more than one copy until the swarm is whole") {
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    CAPTURE(seed);
    const double super = copies_sent(true, seed);
    CHECK(super >= 1);
    CHECK(super <= 1.1);
    CHECK(copies_sent(false, seed) > super + 0.35);  // else there is nothing to spare
  }
}

TEST_CASE("it sends no more when peers come and go meanwhile") {
  auto s = flash_crowd(16, 16, 64);
  s.groups[0].up = {1 * mib, 1 * mib};
  s.groups[0].strategy.super_seeds = true;
  s.groups[1].arrival = arrive_over{{}, std::chrono::seconds(8)};
  s.groups.push_back(group("guests", role::leecher, 4, mib));
  s.groups[2].patience_mean = std::chrono::seconds(8);
  const auto r = run(s);
  REQUIRE(r.seeder_bytes_until_whole.has_value());
  CHECK(static_cast<double>(*r.seeder_bytes_until_whole) <= 1.25 * static_cast<double>(s.content_bytes));
  CHECK(completions(r, 1).size() == 16);
}

TEST_CASE("a lone leecher gets everything from a super seeder, and free riders get on as well") {
  auto s = flash_crowd(1, 8, 32, 4 * mib);
  s.groups[0].strategy.super_seeds = true;
  CHECK(completions(run(s), 1).back() < 4);
  s = flash_crowd(3, 8, 32, 4 * mib);
  s.groups[0].strategy.super_seeds = true;
  s.groups[1].strategy.choke = choke_rule::free_rider;
  CHECK(completions(run(s), 1).size() == 3);
}

}  // namespace
}  // namespace shoal::lab
