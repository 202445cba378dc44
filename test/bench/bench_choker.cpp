// A round of the choker among 10 to 10,000 interested peers.

#include <benchmark/benchmark.h>
#include <vector>

#include <shoal/base/rng.hpp>
#include <shoal/peer/choker.hpp>

namespace {

using namespace shoal;

void choker_round(benchmark::State& state) {
  rng chance(9);
  std::vector<peer::candidate> interested;
  for (std::uint32_t n = 0; n < state.range(0); ++n) {
    peer::candidate c;
    c.key = peer_key(n);
    c.unchoked = chance.below(4) == 0;
    c.down_bytes_per_s = static_cast<double>(chance.below(1'000'000));
    c.up_bytes_per_s = static_cast<double>(chance.below(1'000'000));
    interested.push_back(c);
  }
  peer::choker choker;
  instant now{};
  for (auto _ : state) {
    now += choker.settings().round_every;
    benchmark::DoNotOptimize(choker.round(now, interested, 8, state.range(1) != 0, chance));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(choker_round)->ArgsProduct({{10, 100, 1000, 10'000}, {0, 1}})->ArgNames({"peers", "seeding"});

}  // namespace
