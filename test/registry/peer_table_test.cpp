// The table of peers beside a set, and what it costs.

#include "registry/peer_table.hpp"

#include <algorithm>
#include <map>

#include <doctest/doctest.h>

#include <shoal/base/rng.hpp>

#include "registry/keyed_hash.hpp"

using namespace shoal;
using namespace shoal::registry;

namespace {

using table = peer_table<4>;

table::place place(std::uint64_t n) {
  return {std::byte{10},
          std::byte{0},
          static_cast<std::byte>(n >> 8),
          static_cast<std::byte>(n),
          static_cast<std::byte>(0),
          std::byte{1}};
}

void check_same(const table& t, const std::map<std::uint64_t, std::uint8_t>& naive, const keyed_hash& hash) {
  REQUIRE(t.size() == naive.size());
  for (const auto& [n, heard] : naive) {
    const auto* const found = t.find(place(n), hash);
    REQUIRE(found != nullptr);
    CHECK(found->heard == heard);
  }
  std::size_t taken = 0;
  for (const auto& r : t.places()) {
    taken += r.is_free() ? 0U : 1U;
  }
  CHECK(taken == naive.size());
}

}  // namespace

TEST_CASE("a table grows, shrinks and is swept as a set is") {
  constexpr std::uint64_t seed = 11;
  rng chance(seed);
  const keyed_hash hash(chance);
  table t;
  std::map<std::uint64_t, std::uint8_t> naive;
  for (int phase = 0; phase < 12; ++phase) {
    const std::uint64_t hosts = phase % 3 == 0 ? 10 : phase % 3 == 1 ? 2000 : 40;
    for (int step = 0; step < 2000; ++step) {
      const std::uint64_t n = chance.below(hosts);
      if (auto* const found = t.find(place(n), hash)) {
        REQUIRE(naive.contains(n));
        t.remove(found, hash);
        naive.erase(n);
      } else {
        REQUIRE_FALSE(naive.contains(n));
        t.add(place(n), hash).heard = static_cast<std::uint8_t>(n);
        naive[n] = static_cast<std::uint8_t>(n);
      }
    }
    check_same(t, naive, hash);
    const auto is_gone = [](const table::record& r) { return r.heard % 3 == 0; };
    for (std::uint32_t at = 0; at < t.places().size();) {
      at = t.sweep(at, 17, hash, is_gone);
    }
    t.shrink(hash);
    std::erase_if(naive, [](const auto& entry) { return entry.second % 3 == 0; });
    check_same(t, naive, hash);
    CHECK(t.places().size() <= 3 * t.size() + 3);
  }
}

TEST_CASE("places are few enough for 16 bytes a peer") {
  rng chance(1);
  const keyed_hash hash(chance);
  table t;
  double worst = 0;
  for (std::uint64_t n = 1; n <= 20'000; ++n) {
    t.add(place(n), hash);
    if (n > 20) {
      worst = std::max(worst, static_cast<double>(t.places().size()) / static_cast<double>(n));
    }
  }
  CHECK(worst < 1.65);
}
