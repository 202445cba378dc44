// SHA-1: what lanes are worth, and what all cores together can do. `scripts/bench hashing` takes its limit
// from here.

#include <benchmark/benchmark.h>
#include <vector>

#include <shoal/base/strong.hpp>
#include <shoal/hash/sha1.hpp>

namespace {

using namespace shoal;

/// So many messages of 16 KiB each at once, from the cache.
void lanes(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  const std::vector<std::byte> bytes(count * block_bytes, std::byte{1});
  std::vector<chunk_list> messages;
  for (std::size_t i = 0; i < count; ++i) {
    messages.push_back({byte_view(bytes).subspan(i * block_bytes, block_bytes)});
  }
  std::vector<sha1_digest> digests(count);
  for (auto _ : state) {
    sha1_many(messages, digests);
    benchmark::DoNotOptimize(digests.data());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes.size()));
}
BENCHMARK(lanes)->DenseRange(1, 4);
BENCHMARK(lanes)->Name("lanes_on_all_cores")->Arg(4)->ThreadPerCpu()->UseRealTime();

void one_stream(benchmark::State& state) {
  const std::vector<std::byte> bytes(block_bytes, std::byte{1});
  sha1_hasher hasher;
  for (auto _ : state) {
    hasher.update(bytes);
  }
  benchmark::DoNotOptimize(hasher.finish());
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes.size()));
}
BENCHMARK(one_stream);

}  // namespace
