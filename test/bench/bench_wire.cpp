// Decoding what a fast peer sends: blocks with a few other messages among them.

#include <benchmark/benchmark.h>
#include <vector>

#include <shoal/wire/codec.hpp>

namespace {

using namespace shoal;

/// 256 KiB of blocks, as a receive buffer holds them, and a have after every eighth.
std::vector<std::byte> stream() {
  std::vector<std::byte> out;
  for (std::uint32_t n = 0; n < 16; ++n) {
    encode(wire::piece{{piece_index(7), n * block_bytes, block_bytes}}, out);
    out.resize(out.size() + block_bytes);
    if (n % 8 == 7) encode(wire::have{piece_index(n)}, out);
  }
  return out;
}

void decode_blocks(benchmark::State& state) {
  const auto bytes = stream();
  const wire::limits limits;
  wire::frame frame;
  std::int64_t frames = 0;
  for (auto _ : state) {
    for (byte_view rest = bytes; !rest.empty(); ++frames) {
      const auto taken = wire::decode(rest, limits, frame);
      benchmark::DoNotOptimize(frame.payload.data());
      rest = rest.subspan(*taken);
    }
  }
  state.SetItemsProcessed(frames);
}
BENCHMARK(decode_blocks);

/// The other side: a leecher's requests.
void decode_requests(benchmark::State& state) {
  std::vector<std::byte> bytes;
  for (std::uint32_t n = 0; n < 256; ++n) {
    encode(wire::request{{piece_index(n / 64), n % 64 * block_bytes, block_bytes}}, bytes);
  }
  const wire::limits limits;
  wire::frame frame;
  std::int64_t frames = 0;
  for (auto _ : state) {
    for (byte_view rest = bytes; !rest.empty(); ++frames) {
      rest = rest.subspan(*wire::decode(rest, limits, frame));
      benchmark::DoNotOptimize(&frame);
    }
  }
  state.SetItemsProcessed(frames);
}
BENCHMARK(decode_requests);

}  // namespace
