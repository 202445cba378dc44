// Is the choice of peers really uniform? Fixed seeds, so that a run cannot fail by chance.

#include <array>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <shoal/base/rng.hpp>
#include <shoal/registry/swarm_table.hpp>

#include "registry/choice.hpp"
#include "registry/keyed_hash.hpp"
#include "registry/peer_table.hpp"
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

TEST_CASE("every subset of the peers is chosen equally often") {
  rng chance(42);
  const keyed_hash hash(chance);
  peer_table<4> first;
  peer_table<4> second;
  const auto place = [](std::uint32_t n) {
    return peer_table<4>::place{std::byte{1}, std::byte{2}, std::byte{3}, static_cast<std::byte>(n),
                                std::byte{0}, std::byte{9}};
  };
  std::uint32_t wanted = 0;
  std::uint32_t in_first = 0;
  std::uint32_t in_second = 0;
  std::size_t subsets = 0;
  double bound = 0;  // p = 0.001 at (subsets - 1) degrees of freedom
  SUBCASE("where most are wanted") {
    in_first = 3, in_second = 4, wanted = 4;  // of 6 but the asker: 15
    subsets = 15, bound = 36.2;
  }
  SUBCASE("where few are wanted") {
    in_first = 5, in_second = 4, wanted = 2;  // of 8: 28
    subsets = 28, bound = 55.5;
  }
  SUBCASE("where few of those by their hashes are wanted") {
    in_first = 20, in_second = 3, wanted = 2;  // of 22: 231
    subsets = 231, bound = 300.0;
  }
  for (std::uint32_t n = 0; n < in_first + in_second; ++n) {
    (n < in_first ? first : second).add(place(n), hash);
  }
  const auto* const asker = first.find(place(1), hash);
  REQUIRE(asker != nullptr);
  std::map<std::set<std::uint8_t>, double> seen;
  std::vector<peer_record<4>*> scratch;
  for (int i = 0; i < 60'000; ++i) {
    std::array<std::byte, 600> room{};
    span_writer out(room);
    choice<4>(first, &second, asker).write(wanted, {}, chance, scratch, out);
    std::set<std::uint8_t> chosen;
    for (std::size_t p = 0; p < out.written().size(); p += 6) {
      chosen.insert(std::to_integer<std::uint8_t>(room[p + 3]));
    }
    REQUIRE(chosen.size() == wanted);
    ++seen[chosen];
  }
  REQUIRE(seen.size() == subsets);
  std::vector<double> counts;
  for (const auto& [subset, count] : seen) {
    counts.push_back(count);
  }
  CHECK(chi_square(counts) < bound);
}

TEST_CASE("a choice among none, one and all") {
  rng chance(1);
  const keyed_hash hash(chance);
  peer_table<4> peers;
  std::vector<peer_record<4>*> scratch;
  std::array<std::byte, 6000> room{};
  const auto count = [&](std::uint32_t wanted, const peer_record<4>* asker) {
    span_writer out(room);
    const auto told = choice<4>(peers, nullptr, asker).write(wanted, {}, chance, scratch, out);
    CHECK(out.written().size() == told * 6);
    return told;
  };
  CHECK(count(50, nullptr) == 0);
  const auto place = [](int n) {
    return peer_table<4>::place{
        std::byte{1}, std::byte{2}, static_cast<std::byte>(n >> 8), static_cast<std::byte>(n),
        std::byte{0}, std::byte{9}};
  };
  peers.add(place(0), hash);
  CHECK(count(50, peers.find(place(0), hash)) == 0);
  CHECK(count(50, nullptr) == 1);
  for (int n = 1; n < 400; ++n) {
    peers.add(place(n), hash);
  }
  CHECK(count(0, nullptr) == 0);
  CHECK(count(1, nullptr) == 1);
  CHECK(count(399, nullptr) == 399);
  CHECK(count(1000, nullptr) == 400);
  CHECK(count(1000, peers.find(place(7), hash)) == 399);
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
