// Pieces that are wanted by some time.

#include <vector>

#include <doctest/doctest.h>

#include <shoal/piece/picker.hpp>

namespace shoal::piece {
namespace {

constexpr peer_key ann(1);
constexpr peer_key bob(2);
constexpr std::uint32_t pieces = 6;

instant at(int seconds) {
  return instant(std::chrono::seconds(seconds));
}

struct due_picker : picker {
  due_picker() : picker(geometry(std::uint64_t{pieces} * 2 * block_bytes, 2 * block_bytes), {}, 1) {
    peer_joined(all);
  }
  std::vector<std::uint32_t> order() const {
    std::vector<std::uint32_t> out;
    for (const auto& d : deadlines()) {
      out.push_back(d.piece.value());
    }
    check();
    return out;
  }
  const bitfield all{pieces, true};
};

TEST_CASE("deadlines are told earliest first, and may be moved and taken back") {
  due_picker p;
  p.set_deadline(piece_index(4), at(30));
  p.set_deadline(piece_index(1), at(10));
  p.set_deadline(piece_index(2), at(20));
  CHECK(p.order() == std::vector<std::uint32_t>{1, 2, 4});
  p.set_deadline(piece_index(4), at(5));
  CHECK(p.order() == std::vector<std::uint32_t>{4, 1, 2});
  p.set_deadline(piece_index(1), std::nullopt);
  p.mark_have(piece_index(2));
  p.set_deadline(piece_index(2), at(1));  // ours: nothing to wait for
  CHECK(p.order() == std::vector<std::uint32_t>{4});
}

TEST_CASE("there are so many deadlines at most, and the latest go") {
  constexpr auto max = static_cast<std::uint32_t>(picker::deadlines_max);
  picker p(geometry(std::uint64_t{2} * max * block_bytes, block_bytes), {}, 1);
  for (std::uint32_t n = 2 * max; n-- > 0;) {
    p.set_deadline(piece_index(n), at(static_cast<int>(n)));
  }
  p.check();
  CHECK(p.deadlines().size() == max);
  CHECK(p.deadlines().back().piece == piece_index(max - 1));
}

TEST_CASE("a piece with a deadline is for those who are asked for it, begun or not") {
  due_picker p;
  std::vector<block_ref> out;
  p.set_deadline(piece_index(3), at(10));
  CHECK(p.pick_due(piece_index(3), ann, 1, false, out) == 1);
  CHECK(p.open_blocks(piece_index(3)) == 1);
  out.clear();
  CHECK(p.pick(p.all, bob, 100, out) == 2 * (pieces - 1));
  for (const auto& b : out) {
    CHECK(b.piece != piece_index(3));
  }
  CHECK_FALSE(p.in_endgame());
  SUBCASE("without its deadline it is as the others") {
    p.set_deadline(piece_index(3), std::nullopt);
    out.clear();
    CHECK(p.pick(p.all, bob, 1, out) == 1);
    CHECK(out[0].piece == piece_index(3));
  }
  SUBCASE("several are asked only when that is wished") {
    out.clear();
    p.pick_due(piece_index(3), ann, 1, false, out);
    CHECK(p.in_endgame());
    p.set_priority(piece_index(0), 0);
    p.set_priority(piece_index(0), 4);
    out.clear();
    CHECK(p.pick_due(piece_index(3), bob, 100, true, out) == 2);
  }
  SUBCASE("a failed piece keeps its deadline") {
    out.clear();
    p.pick_due(piece_index(3), ann, 1, false, out);
    p.received({piece_index(3), 0, block_bytes}, ann);
    CHECK(p.received({piece_index(3), block_bytes, block_bytes}, ann) == picker::arrival::completes);
    std::vector<peer_key> senders;
    p.failed(piece_index(3), senders);
    CHECK(p.order() == std::vector<std::uint32_t>{3});
    CHECK(p.open_blocks(piece_index(3)) == 2);
  }
  p.check();
}

TEST_CASE("what others are asked for is asked again outside endgame too, as often as in endgame") {
  due_picker p;
  std::vector<block_ref> out;
  p.set_deadline(piece_index(3), at(10));
  for (std::uint32_t who = 1; who <= 4; ++who) {
    CHECK(p.pick_due(piece_index(3), peer_key(who), 100, true, out) == (who <= 3 ? 2 : 0));
  }
  CHECK_FALSE(p.in_endgame());
  p.check();
}

TEST_CASE("a piece that is not wanted is not fetched for its deadline") {
  due_picker p;
  std::vector<block_ref> out;
  p.set_priority(piece_index(3), 0);
  p.set_deadline(piece_index(3), at(10));
  CHECK(p.pick_due(piece_index(3), ann, 100, true, out) == 0);
  p.check();
}

}  // namespace
}  // namespace shoal::piece
