// The picker at 10^2 to 10^6 pieces: a cost that grows with the torrent would show here.

#include <benchmark/benchmark.h>
#include <memory>
#include <vector>

#include <shoal/base/rng.hpp>
#include <shoal/piece/picker.hpp>

namespace {

using namespace shoal;

constexpr std::uint32_t blocks_a_piece = 16;
constexpr std::uint32_t peer_count = 20;

/// Twenty peers, each with three quarters of the pieces.
struct crowd {
  explicit crowd(std::uint32_t pieces)
      : geometry(std::uint64_t{pieces} * blocks_a_piece * block_bytes, blocks_a_piece * block_bytes) {
    rng chance(5);
    for (std::uint32_t n = 0; n < peer_count; ++n) {
      bitfield& mine = has.emplace_back(pieces);
      for (std::uint32_t p = 0; p < pieces; ++p) {
        if (chance.below(4) != 0) mine.set(piece_index(p));
      }
    }
  }
  piece::picker picker() const {
    piece::picker out(geometry, {}, 1);
    for (const auto& mine : has) {
      out.peer_joined(mine);
    }
    return out;
  }

  piece::geometry geometry;
  std::vector<bitfield> has;
};

std::uint32_t pieces_of(const benchmark::State& state) {
  return static_cast<std::uint32_t>(state.range(0));
}

/// Every peer asks for a piece's worth of blocks in turn, and gets them; a torrent that ends begins anew.
void pick_and_receive(benchmark::State& state) {
  const crowd all(pieces_of(state));
  auto picker = std::make_unique<piece::picker>(all.picker());
  std::vector<block_ref> blocks;
  std::uint32_t turn = 0;
  std::uint32_t vain = 0;
  std::int64_t received = 0;
  for (auto _ : state) {
    const std::uint32_t n = turn++ % peer_count;
    blocks.clear();
    picker->pick(all.has[n], peer_key(n), blocks_a_piece, blocks);
    for (const auto& b : blocks) {
      if (picker->received(b, peer_key(n)) == piece::picker::arrival::completes) picker->verified(b.piece);
    }
    received += static_cast<std::int64_t>(blocks.size());
    vain = blocks.empty() ? vain + 1 : 0;
    if (vain == peer_count) {
      state.PauseTiming();
      picker = std::make_unique<piece::picker>(all.picker());
      vain = 0;
      state.ResumeTiming();
    }
  }
  state.SetItemsProcessed(received);
}
BENCHMARK(pick_and_receive)->RangeMultiplier(10)->Range(100, 1'000'000);

/// One peer gets piece after piece.
void haves(benchmark::State& state) {
  const std::uint32_t pieces = pieces_of(state);
  const piece::geometry geometry(std::uint64_t{pieces} * block_bytes, block_bytes);
  piece::picker picker(geometry, {}, 1);
  const bitfield nothing(pieces);
  bitfield all(pieces);
  std::uint32_t next = 0;
  picker.peer_joined(nothing);
  for (auto _ : state) {
    if (next == pieces) {
      state.PauseTiming();
      picker.peer_left(all);
      picker.peer_joined(nothing);
      all = nothing;
      next = 0;
      state.ResumeTiming();
    }
    all.set(piece_index(next));
    picker.peer_got(piece_index(next++));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(haves)->RangeMultiplier(10)->Range(100, 1'000'000);

void join_and_leave(benchmark::State& state) {
  const crowd all(pieces_of(state));
  auto picker = all.picker();
  for (auto _ : state) {
    picker.peer_left(all.has.front());
    picker.peer_joined(all.has.front());
  }
}
BENCHMARK(join_and_leave)->RangeMultiplier(10)->Range(100, 1'000'000);

}  // namespace
