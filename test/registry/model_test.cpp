// The table beside a naive model that scans everything, under random announces, departures and silences.

#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <tuple>

#include <doctest/doctest.h>

#include <shoal/base/rng.hpp>
#include <shoal/registry/swarm_table.hpp>

#include "registry/scenes.hpp"

using namespace shoal;
using namespace shoal::registry;
using namespace shoal::registry::test;
using announce::event;

namespace {

struct model_peer {
  bool seeder = false;
  bool partial = false;
  bool completed = false;
  std::int64_t heard = 0;  // in ticks
  bool gives() const { return seeder || partial; }
};

/// Time as the table keeps it: a 64th of the longest silence.
std::int64_t tick(instant now, duration silence_max) {
  return now.time_since_epoch() / (silence_max / 64);
}

struct model {
  using swarm = std::map<endpoint, model_peer>;

  std::map<std::uint8_t, swarm> swarms;
  std::map<std::uint8_t, std::uint64_t> completed;
  std::uint64_t expired = 0;
  duration silence_max{};
  std::int64_t looked = 0;  // the tick

  void announce(instant now, std::uint8_t n, bool seeder, event e, const endpoint& from) {
    if (tick(now, silence_max) > looked + 100) {  // then the table looks by itself, or ages could not be told
      expire(now);
    }
    if (e == event::stopped) {
      swarms[n].erase(from);
      return;
    }
    model_peer& p = swarms[n][from];
    p.seeder = seeder;
    p.partial = !seeder && e == event::paused;
    p.heard = tick(now, silence_max);
    if (e == event::completed && seeder && !p.completed) {
      p.completed = true;
      ++completed[n];
    }
  }

  void expire(instant now) {
    looked = tick(now, silence_max);
    for (auto& [n, peers] : swarms) {
      expired += std::erase_if(
          peers, [&](const auto& entry) { return tick(now, silence_max) - entry.second.heard > 64; });
    }
  }

  std::uint64_t count(std::uint8_t n, bool seeder) {
    std::uint64_t out = 0;
    for (const auto& [where, p] : swarms[n]) {
      out += p.seeder == seeder ? 1U : 0U;
    }
    return out;
  }

  std::uint64_t partial_count(std::uint8_t n) {
    std::uint64_t out = 0;
    for (const auto& [where, p] : swarms[n]) {
      out += p.partial ? 1U : 0U;
    }
    return out;
  }

  /// Whom the asker may be told of.
  std::set<endpoint> eligible(std::uint8_t n, const endpoint& asker, bool starts) {
    std::set<endpoint> out;
    for (const auto& [where, p] : swarms[n]) {
      if (where != asker && (starts || !(swarms[n][asker].gives() && p.gives()))) {
        out.insert(where);
      }
    }
    return out;
  }
};

void check_peers(const announce::announce_response& reply, const std::set<endpoint>& eligible,
                 std::size_t wanted, bool asker_is_v4) {
  std::set<endpoint> given;
  std::size_t own_given = 0;
  for (const auto& p : reply.peers) {
    given.insert(p.endpoint);
    own_given += p.endpoint.address.is_v4() == asker_is_v4 ? 1U : 0U;
    CHECK(eligible.contains(p.endpoint));
  }
  std::size_t own_eligible = 0;
  for (const auto& e : eligible) {
    own_eligible += e.address.is_v4() == asker_is_v4 ? 1U : 0U;
  }
  CHECK(given.size() == reply.peers.size());
  CHECK(given.size() == std::min(wanted, eligible.size()));
  CHECK(own_given == std::min(wanted, own_eligible));
}

std::uint64_t seed_of_this_run() {
  const char* const given = std::getenv("SHOAL_TEST_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
}

}  // namespace

TEST_CASE("the table agrees with a naive model under random announces") {
  const std::uint64_t seed = seed_of_this_run();
  CAPTURE(seed);  // replay with SHOAL_TEST_SEED
  MESSAGE("seed " << seed);
  rng chance(seed);

  table_settings settings;
  settings.interval_s = 100;
  settings.num_want_default = 7;
  settings.num_want_max = 15;
  swarm_table table(settings, seed);
  model naive;
  naive.silence_max = from_seconds(250);

  instant now = at(0);
  for (int step = 0; step < 20'000; ++step) {
    CAPTURE(step);
    now += from_seconds(chance.unit() * 3);
    if (chance.below(20) == 0) {
      // In steps of any size, with nothing in between.
      while (!table.expire(now, 1 + static_cast<std::size_t>(chance.below(30)))) {
      }
      naive.expire(now);
    }
    const auto n = static_cast<std::uint8_t>(chance.below(4));
    // From lulls, with peers in a row, to crowds, where they stand by their hashes.
    const auto host = static_cast<std::uint32_t>(chance.below(step / 4000 % 2 == 0 ? 5 : 60));
    const auto port = static_cast<std::uint16_t>(1000 + chance.below(2));
    const endpoint from = chance.below(3) == 0 ? v6_peer(host, port) : v4_peer(host, port);
    const bool seeder = chance.below(3) == 0;
    const auto e = static_cast<event>(chance.below(5));
    const auto wanted =
        chance.below(4) == 0 ? std::nullopt : std::optional(static_cast<std::uint32_t>(chance.below(20)));

    const auto reply = table.announce(now, asking(seeder ? 0 : 1, e, wanted, n), from);
    naive.announce(now, n, seeder, e, from);

    CHECK(reply.complete == naive.count(n, true));
    CHECK(reply.incomplete == naive.count(n, false));
    if (e == event::stopped) {
      CHECK(reply.peers.empty());
    } else {
      check_peers(reply, naive.eligible(n, from, e == event::started), std::min(wanted.value_or(7), 15U),
                  from.address.is_v4());
    }
    CHECK(table.totals().expired == naive.expired);
  }
  for (std::uint8_t n = 0; n < 4; ++n) {
    // The count of completions outlives a lull, not a swarm; with four busy swarms no lull is that long.
    CHECK(table.scrape(hash_number(n)) == announce::scrape_entry{hash_number(n), naive.count(n, true),
                                                                 naive.completed[n], naive.count(n, false),
                                                                 naive.partial_count(n)});
  }
}

TEST_CASE("peers that come and go in a loop leave nothing behind") {
  swarm_table table({}, 3);
  for (int i = 0; i < 10'000; ++i) {
    const auto n = static_cast<std::uint8_t>(i % 7);
    table.announce(at(i), asking(1, event::started, {}, n), v4_peer(1));
    table.announce(at(i), asking(1, event::stopped, {}, n), v4_peer(1));
    table.expire(at(i));
  }
  CHECK(table.totals().leechers == 0);
  table.expire(at(1e6));
  table.expire(at(2e6));
  CHECK(table.totals().swarms == 0);
}
