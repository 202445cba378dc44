// Is the choice of peers really uniform? Fixed seeds, so that a run cannot fail by chance.

#include <map>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <shoal/registry/swarm_table.hpp>

#include "registry/sampler.hpp"
#include "registry/scenes.hpp"

using namespace shoal;
using namespace shoal::registry;
using namespace shoal::registry::test;

namespace {

/// Pearson's statistic against equal expectations.
double chi_square(const std::vector<double>& counts) {
  double total = 0;
  for (const double c : counts) {
    total += c;
  }
  const double expected = total / static_cast<double>(counts.size());
  double sum = 0;
  for (const double c : counts) {
    sum += (c - expected) * (c - expected) / expected;
  }
  return sum;
}

}  // namespace

TEST_CASE("the sampler gives every subset in every order equally often") {
  rng chance(42);
  sampler pick;
  std::map<std::vector<std::uint32_t>, double> seen;
  for (int i = 0; i < 60'000; ++i) {
    const auto chosen = pick.choose(5, 3, chance);
    ++seen[{chosen.begin(), chosen.end()}];
  }
  REQUIRE(seen.size() == 60);  // 5 * 4 * 3 orders
  std::vector<double> counts;
  for (const auto& [order, count] : seen) {
    counts.push_back(count);
  }
  CHECK(chi_square(counts) < 98.3);  // 59 degrees of freedom, p = 0.001
}

TEST_CASE("the sampler copes with none, one and all") {
  rng chance(1);
  sampler pick;
  CHECK(pick.choose(0, 0, chance).empty());
  CHECK(pick.choose(1'000'000, 0, chance).empty());
  for (const std::uint32_t k : {1U, 7U, 8U}) {
    const auto chosen = pick.choose(8, k, chance);
    const std::set<std::uint32_t> distinct(chosen.begin(), chosen.end());
    CHECK(distinct.size() == k);
    CHECK(*distinct.rbegin() < 8);
  }
}

TEST_CASE("every other peer is chosen equally often, wherever the asker stands") {
  swarm_table table({}, 7);
  constexpr std::uint32_t leechers = 30;
  constexpr std::uint32_t seeders = 20;
  for (std::uint32_t i = 0; i < leechers + seeders; ++i) {
    table.announce(at(0), asking(i < leechers ? 1 : 0), v4_peer(i));
  }
  for (const std::uint32_t asker : {0U, 14U, leechers - 1}) {
    CAPTURE(asker);
    std::map<endpoint, double> seen;
    for (int i = 0; i < 20'000; ++i) {
      for (const auto& p : table.announce(at(1), asking(1, {}, 5), v4_peer(asker)).peers) {
        ++seen[p.endpoint];
      }
    }
    CHECK_FALSE(seen.contains(v4_peer(asker)));
    REQUIRE(seen.size() == leechers + seeders - 1);
    std::vector<double> counts;
    for (const auto& [peer, count] : seen) {
      counts.push_back(count);
    }
    CHECK(chi_square(counts) < 84.0);  // 48 degrees of freedom, p = 0.001
  }
}
