// A fixed trace through decoder and picker: twenty peers fetch 500 pieces between them. Its instructions are
// counted by test_instructions.py, inside `decode_and_receive` and `pick_more` alone.

#include <cstdio>
#include <cstdlib>
#include <deque>
#include <vector>

#include <shoal/base/rng.hpp>
#include <shoal/piece/picker.hpp>
#include <shoal/wire/codec.hpp>

using namespace shoal;

namespace {

constexpr std::uint32_t pieces = 500;
constexpr std::uint32_t blocks_a_piece = 16;
constexpr std::uint32_t peer_count = 20;
constexpr std::size_t blocks_a_read = 8;
constexpr std::size_t outstanding_max = 64;

struct remote {
  peer_key key;
  bitfield has{pieces};
  std::deque<block_ref> asked;
};

}  // namespace

// Of external linkage and never inlined, so that the count finds them by name.

/// Decodes what one read gave; returns how many blocks were of use.
[[gnu::noinline]] std::size_t decode_and_receive(byte_view bytes, piece::picker& picker, peer_key who) {
  const wire::limits limits;
  wire::frame frame;
  std::size_t received = 0;
  while (!bytes.empty()) {
    bytes = bytes.subspan(*wire::decode(bytes, limits, frame));
    if (const auto* const p = std::get_if<wire::piece>(&frame.msg)) {
      const auto what = picker.received(p->block, who);
      if (what == piece::picker::arrival::duplicate) continue;
      ++received;
      if (what == piece::picker::arrival::completes) picker.verified(p->block.piece);
    } else if (const auto* const h = std::get_if<wire::have>(&frame.msg)) {
      picker.peer_got(h->piece);
    }
  }
  return received;
}

[[gnu::noinline]] void pick_more(piece::picker& picker, const bitfield& has, peer_key who, std::size_t n,
                                 std::vector<block_ref>& out) {
  picker.pick(has, who, n, out);
}

int main() {
  const piece::geometry geometry(std::uint64_t{pieces} * blocks_a_piece * block_bytes,
                                 blocks_a_piece * block_bytes);
  piece::picker picker(geometry, {}, 1);
  rng chance(2);
  std::vector<remote> peers;
  for (std::uint32_t n = 0; n < peer_count; ++n) {
    remote& r = peers.emplace_back(remote{peer_key(n)});
    for (std::uint32_t p = 0; p < pieces; ++p) {
      if (n == 0 || chance.below(2) == 0) r.has.set(piece_index(p));
    }
    picker.peer_joined(r.has);
  }
  std::size_t received = 0;
  std::vector<block_ref> picked;
  std::vector<std::byte> bytes;
  while (picker.wanted_count() > 0) {
    for (auto& r : peers) {
      picked.clear();
      pick_more(picker, r.has, r.key, outstanding_max - r.asked.size(), picked);
      r.asked.insert(r.asked.end(), picked.begin(), picked.end());
      bytes.clear();
      for (std::size_t n = 0; n < blocks_a_read && !r.asked.empty(); ++n) {
        encode(wire::piece{r.asked.front()}, bytes);
        bytes.resize(bytes.size() + block_bytes);
        r.asked.pop_front();
      }
      const piece_index news(static_cast<std::uint32_t>(chance.below(pieces)));
      if (r.has.set(news)) encode(wire::have{news}, bytes);
      received += decode_and_receive(bytes, picker, r.key);
    }
  }
  std::printf("%zu\n", received);
  return received == std::size_t{pieces} * blocks_a_piece ? EXIT_SUCCESS : EXIT_FAILURE;
}
