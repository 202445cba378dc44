// What the table takes from the heap, counted in every allocation of this program: none for a peer that is
// known, and no more than was promised for all.

#include <vector>

#include <doctest/doctest.h>

#include <shoal/base/rng.hpp>
#include <shoal/registry/swarm_table.hpp>

#include "registry/scenes.hpp"
#include "support/counted_heap.hpp"

using namespace shoal;
using namespace shoal::registry;
using namespace shoal::registry::test;

TEST_CASE("an announce of a peer that is known allocates nothing") {
  swarm_table table({}, 1);
  std::vector<std::byte> room(200 * 24);
  const auto announce = [&](std::uint32_t n, std::uint64_t left) {
    peer_room peers{span_writer(std::span(room).first(1200)), span_writer(std::span(room).subspan(1200))};
    table.announce(at(0), asking(left), n % 5 == 0 ? v6_peer(n) : v4_peer(n), peers);
  };
  for (std::uint32_t n = 0; n < 2000; ++n) {
    announce(n, n % 4);
  }
  const std::size_t before = counted_heap::allocations;
  for (std::uint32_t n = 0; n < 2000; ++n) {
    announce(n, n % 4);
  }
  CHECK(counted_heap::allocations == before);
}

TEST_CASE("a peer takes at most 16 bytes, its share of the swarm's among them") {
  const std::ptrdiff_t before = counted_heap::bytes_held;
  swarm_table table({}, 1);
  std::vector<std::byte> room(1200);
  constexpr std::uint32_t swarms = 1000;
  rng chance(3);
  // As many peers a swarm as its rank says: the first has a tenth of all.
  std::uint32_t peers = 0;
  announce::announce_request r;
  for (std::uint32_t s = 1; s <= swarms; ++s) {
    for (std::size_t i = 0; i < 4; ++i) {
      r.info_hash.bytes[i] = static_cast<std::byte>(s >> (8 * i));
    }
    for (std::uint32_t n = 0; n < 14'000 / s; ++n, ++peers) {
      r.left = n % 4;
      peer_room none{span_writer({}), span_writer({})};
      table.announce(at(0), r, v4_peer(static_cast<std::uint32_t>(chance.next()), 6881), none);
    }
  }
  const auto known = table.totals().leechers + table.totals().seeders;
  CHECK(known > 90'000);
  CHECK(static_cast<double>(counted_heap::bytes_held - before) / static_cast<double>(known) < 16.0);
}

TEST_CASE("the table knows what it takes, within a tenth, while peers come and go") {
  const std::ptrdiff_t before = counted_heap::bytes_held;
  table_settings s;
  s.follow_keys = true;
  swarm_table table(s, 1);
  rng chance(5);
  const auto is_right = [&](const char* when) {
    CAPTURE(when);
    const auto taken = static_cast<double>(counted_heap::bytes_held - before);
    const auto told = static_cast<double>(table.totals().bytes);
    CHECK(told > taken * 0.9);
    CHECK(told < taken * 1.1);
  };
  peer_room none{span_writer({}), span_writer({})};
  for (int i = 0; i < 200'000; ++i) {
    const auto n = static_cast<std::uint32_t>(chance.below(30'000));
    auto r = asking(chance.below(2), i % 4 == 0 ? announce::event::stopped : announce::event::none);
    r.info_hash.bytes[1] = static_cast<std::byte>(n % 251);
    r.key = n;
    table.announce(at(i / 500.0), r, n % 3 == 0 ? v6_peer(n) : v4_peer(n), none);
    if (i % 50 == 0) table.expire(at(i / 500.0), 1000);
  }
  is_right("full");
  table.expire(at(800));
  is_right("silent for long");
}
