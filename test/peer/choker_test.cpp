#include <algorithm>
#include <map>
#include <set>

#include <doctest/doctest.h>

#include <shoal/peer/choker.hpp>

namespace shoal::peer {
namespace {

using std::chrono::seconds;
constexpr instant start{seconds(1000)};

std::vector<candidate> crowd(std::uint32_t n) {
  std::vector<candidate> out;
  for (std::uint32_t i = 0; i < n; ++i) {
    candidate c;
    c.key = peer_key(i);
    c.down_bytes_per_s = 1000.0 * i;
    c.up_bytes_per_s = 1000.0 * (n - i);
    out.push_back(c);
  }
  return out;
}

bool has(const std::vector<peer_key>& keys, std::uint32_t k) {
  return std::find(keys.begin(), keys.end(), peer_key(k)) != keys.end();
}

TEST_CASE("a leecher repays those that give it most, and one stranger") {
  choker c;
  rng chance(1);
  const auto chosen = c.round(start, crowd(10), 4, false, chance);
  REQUIRE(chosen.size() == 4);
  CHECK(has(chosen, 9));
  CHECK(has(chosen, 8));
  CHECK(has(chosen, 7));
  CHECK(c.optimistic() == chosen.back());
  CHECK(chosen.back().value() < 7);
}

TEST_CASE("who snubs us is not repaid") {
  choker c;
  rng chance(1);
  auto peers = crowd(10);
  peers[9].snubbed = true;
  const auto chosen = c.round(start, peers, 4, false, chance);
  CHECK(has(chosen, 8));
  CHECK(has(chosen, 7));
  CHECK(has(chosen, 6));
}

TEST_CASE("the optimistic slot stays for 30 s, and over time everybody gets it") {
  choker c;
  rng chance(3);
  const auto peers = crowd(10);
  std::set<peer_key> held;
  instant now = start;
  for (int round = 0; round < 300; ++round) {
    c.round(now, peers, 4, false, chance);
    const auto holder = *c.optimistic();
    held.insert(holder);
    c.round(now + seconds(10), peers, 4, false, chance);
    CHECK(*c.optimistic() == holder);
    now += seconds(30);
  }
  CHECK(held.size() == 7);
}

TEST_CASE("newcomers are three times as likely to get the optimistic slot") {
  rng chance(4);
  auto peers = crowd(12);
  for (auto& p : peers) {
    p.joined_at = start - seconds(p.key.value() == 0 ? 1 : 1000);
  }
  int newcomer = 0;
  constexpr int rounds = 9000;
  for (int i = 0; i < rounds; ++i) {
    choker c;
    c.round(start, peers, 3, false, chance);
    newcomer += c.optimistic() == peer_key(0) ? 1 : 0;
  }
  CHECK(newcomer / double{rounds} == doctest::Approx(3.0 / 12.0).epsilon(0.1));  // 3 of 3 + 9 tickets
}

TEST_CASE("no slot is empty while a peer waits, and none is given twice") {
  rng chance(5);
  for (std::uint32_t n = 0; n < 12; ++n) {
    for (std::uint32_t slots = 0; slots < 12; ++slots) {
      for (const bool seeding : {false, true}) {
        CAPTURE(n);
        CAPTURE(slots);
        choker c;
        const auto chosen = c.round(start, crowd(n), slots, seeding, chance);
        CHECK(chosen.size() == std::min(n, slots));
        CHECK(std::set<peer_key>(chosen.begin(), chosen.end()).size() == chosen.size());
      }
    }
  }
}

TEST_CASE("a seeder gives everybody a turn, and lets it last") {
  choker c;
  rng chance(6);
  auto peers = crowd(9);
  std::map<peer_key, int> turns;
  for (int round = 0; round < 90; ++round) {
    const instant now = start + seconds(10 * round);
    const auto chosen = c.round(now, peers, 4, true, chance);
    for (auto& p : peers) {
      const bool in = has(chosen, p.key.value());
      if (in && !p.unchoked) {
        p.unchoked_at = now;
        ++turns[p.key];
      }
      const bool held = p.unchoked && now - p.unchoked_at < c.settings().seed_hold;
      if (held && c.optimistic() != p.key && !in) {
        // Only the optimistic slot's end may cut a turn short.
        CHECK(now - p.unchoked_at >= seconds(10));
      }
      p.unchoked = in;
    }
  }
  CHECK(turns.size() == 9);
  for (const auto& [key, n] : turns) {
    CAPTURE(key.value());
    CHECK(n >= 5);
  }
}

TEST_CASE("the same seed chooses the same") {
  rng a(9), b(9);
  choker x, y;
  CHECK(x.round(start, crowd(30), 5, false, a) == y.round(start, crowd(30), 5, false, b));
}

TEST_CASE("a faster uplink is shared by more") {
  CHECK(slots_for_rate(0) == 8);
  CHECK(slots_for_rate(1024 * 1024) == 24);
  CHECK(slots_for_rate(1e9) == 50);
}

TEST_CASE("a limited uplink is shared by as few as use it up") {
  slot_finder f;
  CHECK(f.slots() == 4);
  CHECK_FALSE(f.review(true, true));
  CHECK_FALSE(f.review(false, false));
  CHECK(f.slots() == 4);
  CHECK(f.review(false, true));
  CHECK(f.slots() == 5);
  CHECK_FALSE(f.review(true, true));
  CHECK(f.slots() == 4);
  for (int i = 0; i < 100; ++i)
    f.review(false, true);
  CHECK(f.slots() == 50);
}

TEST_CASE("by chance, what a peer gives counts for nothing, and slots go round") {
  choker c({.rule = choke_rule::by_chance});
  rng chance(1);
  std::map<std::uint32_t, int> held;
  for (int round = 0; round < 2000; ++round) {
    for (const auto key : c.round(start + seconds(10) * round, crowd(10), 4, false, chance)) {
      ++held[key.value()];
    }
  }
  CHECK(held.size() == 10);
  for (const auto& [key, rounds] : held) {
    CAPTURE(key);
    CHECK(rounds > 600);
    CHECK(rounds < 1000);
  }

  auto candidates = crowd(10);
  candidates[4].unchoked = true;  // a slot just given is held
  candidates[4].unchoked_at = start - seconds(10);
  CHECK(has(c.round(start, candidates, 4, false, chance), 4));
}

}  // namespace
}  // namespace shoal::peer
