// The picker's rules, one by one, on small torrents. model_test.cpp holds all of it against a naive
// re-implementation.

#include <algorithm>
#include <cstdint>
#include <set>
#include <vector>

#include <doctest/doctest.h>

#include <shoal/piece/picker.hpp>

namespace {

using namespace shoal;
using piece::geometry;
using piece::picker;
using piece::picker_settings;

constexpr peer_key ann(1);
constexpr peer_key bob(2);
constexpr peer_key eve(3);

/// `pieces` of `blocks` blocks each.
geometry torrent(std::uint32_t pieces, std::uint32_t blocks) {
  return {std::uint64_t{pieces} * blocks * block_bytes, blocks * block_bytes};
}

bitfield having(std::uint32_t pieces, std::initializer_list<std::uint32_t> which) {
  bitfield out(pieces);
  for (const auto p : which) {
    out.set(piece_index(p));
  }
  return out;
}

std::vector<block_ref> pick(picker& p, const bitfield& has, peer_key who, std::size_t n) {
  std::vector<block_ref> out;
  const std::size_t given = p.pick(has, who, n, out);
  CHECK(given == out.size());
  p.check();
  return out;
}

/// The whole piece arrives from `who` and its hash matches.
void fetch(picker& p, const geometry& g, piece_index index, peer_key who) {
  for (std::uint32_t n = 0; n < g.block_count(index); ++n) {
    const auto a = p.received(g.block(index, n), who);
    CHECK(a == (n + 1 == g.block_count(index) ? picker::arrival::completes : picker::arrival::accepted));
  }
  p.verified(index);
  p.check();
}

}  // namespace

TEST_CASE("blocks of one piece are given in a row, and the last block is short") {
  const geometry g(2 * 3 * block_bytes - 100, 3 * block_bytes);
  picker p(g, {true, 3}, 1);
  const bitfield all(2, true);
  p.peer_joined(all);
  const auto blocks = pick(p, all, ann, 100);
  REQUIRE(blocks.size() == 6);
  for (std::uint32_t n = 0; n < 6; ++n) {
    CHECK(blocks[n] == g.block(piece_index(n / 3), n % 3));
  }
  CHECK(blocks[5].length == block_bytes - 100);
  CHECK(p.in_endgame());
  CHECK(pick(p, all, ann, 100).empty());
}

TEST_CASE("a begun piece comes before a new one") {
  const geometry g = torrent(8, 4);
  picker p(g, {}, 7);
  const bitfield all(8, true);
  p.peer_joined(all);
  const auto first = pick(p, all, ann, 1);
  const auto rest = pick(p, all, bob, 3);
  REQUIRE(rest.size() == 3);
  for (const auto& b : rest) {
    CHECK(b.piece == first[0].piece);
  }
  CHECK(pick(p, all, ann, 1)[0].piece != first[0].piece);
}

TEST_CASE("among begun pieces the one nearest to completion comes first") {
  const geometry g = torrent(3, 4);
  picker p(g, {}, 7);
  const bitfield all(3, true);
  p.peer_joined(all);
  std::vector<block_ref> out;
  p.pick_from(piece_index(0), ann, 2, out);
  p.pick_from(piece_index(1), ann, 2, out);
  p.received(g.block(piece_index(1), 0), ann);
  CHECK(pick(p, all, bob, 1)[0].piece == piece_index(1));

  SUBCASE("but a higher priority before that") {
    p.set_priority(piece_index(0), 5);
    CHECK(pick(p, all, bob, 1)[0].piece == piece_index(0));
  }
  SUBCASE("or the lowest index when sequential") {
    p.set_sequential(true);
    CHECK(pick(p, all, bob, 1)[0].piece == piece_index(0));
  }
}

TEST_CASE("a piece that one peer has beside seeds is rare, and given to its end, no block twice") {
  const geometry g = torrent(4, 8);
  picker_settings settings;
  std::size_t expected = 8;
  SUBCASE("") {}
  SUBCASE("but not in sequential order") {
    settings.sequential = true;
    expected = 0;
  }
  SUBCASE("nor where pieces are taken at random") {
    settings.random = true;
    expected = 0;
  }
  picker p(g, settings, 3);
  p.peer_joined(bitfield(4, true));
  p.peer_joined(having(4, {0, 1}));
  p.peer_joined(having(4, {1}));
  std::vector<block_ref> out;
  CHECK(p.pick_rare(piece_index(0), ann, 100, out) == expected);
  CHECK(p.pick_rare(piece_index(0), bob, 100, out) == 0);
  CHECK(p.pick_rare(piece_index(1), ann, 100, out) == 0);  // two have it
}

TEST_CASE("a rare piece waits for pieces of a higher priority, and for its time when it has one") {
  const geometry g = torrent(4, 8);
  picker p(g, {}, 3);
  p.peer_joined(having(4, {0}));
  std::vector<block_ref> out;
  SUBCASE("higher priority") {
    p.set_priority(piece_index(3), 5);
    CHECK(p.pick_rare(piece_index(0), ann, 100, out) == 0);
    p.set_priority(piece_index(0), 5);
  }
  SUBCASE("deadline") {
    p.set_deadline(piece_index(0), instant{});
    CHECK(p.pick_rare(piece_index(0), ann, 100, out) == 0);
    p.set_deadline(piece_index(0), std::nullopt);
  }
  CHECK(p.pick_rare(piece_index(0), ann, 3, out) == 3);
}

TEST_CASE("the rarest piece is begun first once one is whole") {
  const geometry g = torrent(6, 1);
  picker p(g, {}, 3);
  const bitfield all(6, true);
  p.peer_joined(all);
  p.peer_joined(having(6, {0, 1, 2, 4, 5}));
  p.peer_joined(having(6, {0, 1, 2, 5}));
  p.mark_have(piece_index(0));
  CHECK(p.availability(piece_index(3)) == 1);
  CHECK(p.availability(piece_index(4)) == 2);
  CHECK(p.availability(piece_index(5)) == 3);
  CHECK(p.distributed_copies() == doctest::Approx(1 + 5.0 / 6));
  CHECK(pick(p, all, ann, 1)[0].piece == piece_index(3));
  CHECK(pick(p, all, ann, 1)[0].piece == piece_index(4));
  p.peer_got(piece_index(1));
  p.peer_got(piece_index(5));
  CHECK(pick(p, all, ann, 1)[0].piece == piece_index(2));
}

TEST_CASE("the first piece is any") {
  const geometry g = torrent(64, 1);
  std::set<piece_index> seen;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    picker p(g, {}, seed);
    const bitfield all(64, true);
    p.peer_joined(all);
    bitfield common(64, true);
    common.reset(piece_index(9));  // the rarest, to be avoided by chance only
    p.peer_joined(common);
    seen.insert(pick(p, all, ann, 1)[0].piece);
  }
  CHECK(seen.size() > 20);
}

TEST_CASE("a peer that becomes complete and leaves is counted out, beside seeds or alone") {
  const geometry g = torrent(5, 1);
  for (const bool beside_seed : {false, true}) {
    CAPTURE(beside_seed);
    picker p(g, {}, 3);
    const bitfield all(5, true);
    if (beside_seed) {
      p.peer_joined(all);
    }
    p.peer_joined(having(5, {1, 2}));
    for (const auto i : {0U, 3U, 4U}) {
      p.peer_got(piece_index(i));
    }
    p.check();
    p.peer_left(all);
    p.check();
    if (beside_seed) {
      CHECK(p.availability(piece_index(1)) == 1);
      p.peer_left(all);
      p.check();
    }
    CHECK(p.availability(piece_index(1)) == 0);
    CHECK(p.distributed_copies() == 0);
  }
}

TEST_CASE("endgame asks others for what is in flight, a bounded number of times") {
  const geometry g = torrent(1, 2);
  picker p(g, {false, 2}, 3);
  const bitfield all(1, true);
  const auto mine = pick(p, all, ann, 10);
  REQUIRE(mine.size() == 2);
  CHECK(pick(p, all, bob, 10).size() == 2);
  CHECK(pick(p, all, eve, 10).empty());

  SUBCASE("the first answer names the others for cancels") {
    CHECK(p.received(mine[0], bob) == picker::arrival::accepted);
    std::vector<peer_key> others;
    p.askers(mine[0], others);
    CHECK(others == std::vector{ann});
    CHECK(p.received(mine[0], ann) == picker::arrival::duplicate);
    others.clear();
    p.askers(mine[0], others);
    CHECK(others.empty());
    CHECK(p.received(mine[1], ann) == picker::arrival::completes);
    CHECK(pick(p, all, eve, 10).empty());  // being verified
    p.check();

    SUBCASE("and a bad piece names who sent what") {
      std::vector<peer_key> senders;
      p.failed(piece_index(0), senders);
      CHECK(senders == std::vector{bob, ann});
      CHECK(pick(p, all, eve, 10).size() == 2);
    }
  }
  SUBCASE("and ends when nobody is asked for a block any more") {
    p.abandoned(mine[1], ann);
    CHECK(p.in_endgame());
    p.abandoned(mine[1], bob);
    CHECK_FALSE(p.in_endgame());
    CHECK(pick(p, all, eve, 10) == std::vector{mine[1]});  // the other has its two askers
  }
}

TEST_CASE("a piece that nobody wants is neither begun nor continued") {
  const geometry g = torrent(2, 2);
  picker p(g, {true, 3}, 3);
  const bitfield all(2, true);
  const auto first = pick(p, all, ann, 1);
  p.set_priority(piece_index(0), 0);
  CHECK(p.wanted_count() == 1);
  CHECK(p.wanted_bytes() == g.piece_length());
  const auto rest = pick(p, all, bob, 10);
  CHECK(rest.size() == 2);
  CHECK(rest[0].piece == piece_index(1));
  CHECK(p.received(first[0], ann) == picker::arrival::accepted);  // on its way already
  p.set_priority(piece_index(1), 0);
  CHECK(p.received(g.block(piece_index(0), 1), ann) == picker::arrival::completes);
  p.verified(piece_index(0));
  CHECK(p.have().count() == 1);
  p.mark_missing(piece_index(0));
  CHECK(p.received(first[0], ann) == picker::arrival::unexpected);
  p.check();
}

TEST_CASE("a piece that everybody gave up is chosen anew") {
  const geometry g = torrent(4, 2);
  picker p(g, {}, 3);
  const bitfield all(4, true);
  const auto first = pick(p, all, ann, 2);
  CHECK(p.progress().size() == 1);
  for (const auto& b : first) {
    p.abandoned(b, ann);
  }
  CHECK(p.progress().size() == 0);
  p.check();
}

TEST_CASE("geometries at the edges are fetched whole") {
  const geometry edges[] = {
      {1, 1},
      {1, block_bytes},
      {block_bytes + 1, block_bytes},
      {3 * block_bytes, 10 * block_bytes},
      {100, 7},
      {5 * block_bytes + 1, block_bytes + 1},
  };
  for (const auto& g : edges) {
    CAPTURE(g.total_bytes());
    CAPTURE(g.piece_length());
    picker p(g, {}, 11);
    const bitfield all(g.piece_count(), true);
    p.peer_joined(all);
    std::uint64_t bytes = 0;
    for (const auto& b : pick(p, all, ann, 1000)) {
      CHECK(g.is_block(b));
      bytes += b.length;
      if (p.received(b, ann) == picker::arrival::completes) {
        p.verified(b.piece);
      }
    }
    p.check();
    CHECK(bytes == g.total_bytes());
    CHECK(p.wanted_bytes() == 0);
    CHECK_FALSE(p.in_endgame());
  }
}

TEST_CASE("a million pieces are no trouble") {
  const std::uint32_t pieces = 1U << 20;
  const geometry g = torrent(pieces, 2);
  picker p(g, {}, 11);
  bitfield odd(pieces);
  for (std::uint32_t i = 1; i < pieces; i += 2) {
    odd.set(piece_index(i));
  }
  const bitfield all(pieces, true);
  p.peer_joined(all);
  p.peer_joined(odd);
  fetch(p, g, piece_index(0), ann);
  CHECK(p.wanted_in(odd) == pieces / 2);
  std::vector<block_ref> out;
  p.pick(all, ann, 1000, out);
  p.pick(odd, bob, 1000, out);
  for (std::size_t i = 0; i < 1000; ++i) {
    CHECK(out[i].piece.value() % 2 == 0);
    CHECK(out[1000 + i].piece.value() % 2 == 1);
  }
  p.peer_left(odd);
  p.peer_left(all);
  p.check();
}

TEST_CASE("a peer without any of the rarest million still gives the highest priority and a rare piece") {
  const std::uint32_t pieces = 1U << 20;
  picker p(torrent(pieces, 1), {}, 11);
  bitfield half(pieces);
  bitfield quarter(pieces);
  for (std::uint32_t i = 0; i < pieces / 2; ++i) {
    half.set(piece_index(i));
    if (i % 2 == 0) {
      quarter.set(piece_index(i));
    }
  }
  p.peer_joined(bitfield(pieces, true));
  p.peer_joined(half);
  p.peer_joined(quarter);
  p.mark_have(piece_index(0));
  const auto blocks = pick(p, half, ann, 3);
  for (const auto& b : blocks) {
    CHECK(p.availability(b.piece) == 2);
  }
  p.set_priority(piece_index(pieces - 1), 7);
  CHECK(p.availability(pick(p, half, ann, 1)[0].piece) == 2);
  p.set_priority(piece_index(4444), 6);
  CHECK(pick(p, half, ann, 1)[0].piece == piece_index(4444));
}

TEST_CASE("a piece that a peer lost is counted as if it had never had it") {
  constexpr std::uint32_t pieces = 5;
  picker p(torrent(pieces, 2), {}, 1);
  bitfield seed(pieces, true);
  bitfield grown = having(pieces, {0, 1, 2, 3});
  p.peer_joined(seed);
  p.peer_joined(grown);
  p.peer_got(piece_index(4));
  grown.set(piece_index(4));
  p.peer_lost(grown, piece_index(2));  // counted piece by piece, though it has become complete
  grown.reset(piece_index(2));
  p.check();
  CHECK(p.availability(piece_index(2)) == 1);
  CHECK(p.availability(piece_index(4)) == 2);
  p.peer_lost(seed, piece_index(2));
  seed.reset(piece_index(2));
  p.check();
  CHECK(p.availability(piece_index(2)) == 0);
  p.peer_lost(seed, piece_index(0));
  seed.reset(piece_index(0));
  CHECK(p.availability(piece_index(0)) == 1);
  p.peer_left(seed);
  p.peer_left(grown);
  p.check();
  for (std::uint32_t i = 0; i < pieces; ++i) {
    CHECK(p.availability(piece_index(i)) == 0);
  }
}
