// A piece that few have is asked for at once and whole.

#include <doctest/doctest.h>

#include "swarm/script.hpp"

namespace shoal::swarm {
namespace {

constexpr std::uint32_t pieces = 12;
constexpr std::uint32_t blocks = 64;  // of a piece, 1 MiB
constexpr std::uint32_t window = 32;  // requests before anything came

core_setup without(const core_settings& settings = {}) {
  constexpr std::uint32_t length = blocks * block_bytes;
  core_setup setup;
  setup.settings = settings;
  setup.geometry = piece::geometry(std::uint64_t{pieces} * length, length);
  setup.have = bitfield(pieces);
  setup.have.set(piece_index(0));
  setup.our_id.bytes[0] = std::byte{1};
  setup.seed = 1;
  return setup;
}

/// Joins, and has the pieces in [1, n).
peer_key join_with(script& s, std::uint8_t host, std::uint32_t n) {
  const auto key = s.join(host);
  bitfield has(pieces);
  for (std::uint32_t p = 1; p < n; ++p) {
    has.set(piece_index(p));
  }
  s.say(key, wire::bitfield_bits{has.to_wire()});
  return key;
}

/// Several that have the pieces in [1, n). One of them unchoked us, and owes us a window.
peer_key join_source(script& s, std::uint32_t n) {
  for (std::uint8_t host = 3; host < 6; ++host) {
    join_with(s, host, n);
  }
  const auto source = join_with(s, 2, n);
  s.say(source, wire::unchoke{});
  REQUIRE(s.said_to<wire::request>(source).size() == window);
  return source;
}

std::size_t asked_of(const script& s, peer_key who, std::uint32_t piece) {
  const auto all = s.said_to<wire::request>(who);
  return static_cast<std::size_t>(std::ranges::count_if(
      all, [&](const wire::request& r) { return r.block.piece == piece_index(piece); }));
}

TEST_CASE("a rare piece is asked for whole as soon as its holder tells of it, however much that owes us") {
  script s(without());
  const auto source = join_source(s, 8);
  s.say(source, wire::have{piece_index(9)});
  CHECK(asked_of(s, source, 9) == blocks);
  CHECK(s.said_to<wire::request>(source).size() == window + blocks);
}

TEST_CASE("rare pieces are asked for no more than 2 MiB beyond the window") {
  script s(without());
  const auto source = join_source(s, 8);
  for (std::uint32_t p = 8; p < 11; ++p) {
    s.say(source, wire::have{piece_index(p)});
  }
  CHECK(asked_of(s, source, 10) == 0);
  CHECK(s.said_to<wire::request>(source).size() == window + 2 * blocks);
}

TEST_CASE("a piece that two have waits for room in the window, whatever seeds there are") {
  script s(without());
  const auto source = join_source(s, 8);
  const auto seed = s.join(9);
  s.say(seed, wire::have_all{});
  SUBCASE("one leecher has it") {
    s.say(source, wire::have{piece_index(9)});
    CHECK(asked_of(s, source, 9) == blocks);
  }
  SUBCASE("two leechers have it") {
    join_with(s, 12, pieces);
    s.say(source, wire::have{piece_index(9)});
    CHECK(asked_of(s, source, 9) == 0);
  }
}

TEST_CASE("a rare piece that was begun in its turn is asked for to its end") {
  script s(without());
  const auto source = join_with(s, 2, 8);  // nobody else has any
  s.say(source, wire::unchoke{});
  const auto asked = s.said_to<wire::request>(source);
  REQUIRE(asked.size() == blocks);
  CHECK(asked_of(s, source, asked.front().block.piece.value()) == blocks);
}

TEST_CASE("of a rare piece nothing is asked twice but what the endgame doubles as the window takes it") {
  auto setup = without();
  setup.have = bitfield(pieces, true);
  setup.have.reset(piece_index(9));  // the last one that is missing
  script s(std::move(setup));
  const auto seed = s.join(2);
  s.say(seed, wire::have_all{});
  s.say(seed, wire::unchoke{});
  REQUIRE(asked_of(s, seed, 9) == window);
  const auto holder = join_with(s, 3, 1);
  s.say(holder, wire::unchoke{});
  s.say(holder, wire::have{piece_index(9)});
  CHECK(asked_of(s, holder, 9) == blocks - window);
}

TEST_CASE("a rare piece is not asked for at once") {
  SUBCASE("of a peer that chokes us") {
    script s(without());
    const auto source = join_with(s, 2, 8);
    s.say(source, wire::have{piece_index(9)});
    CHECK(s.said_to<wire::request>(source).empty());
  }
  SUBCASE("of a seed, which has them all") {
    script s(without());
    const auto source = s.join(2);
    s.say(source, wire::have_all{});
    s.say(source, wire::unchoke{});
    CHECK(s.said_to<wire::request>(source).size() == window);
  }
  SUBCASE("when pieces are fetched in order") {
    auto setup = without();
    setup.settings.picking.sequential = true;
    script s(std::move(setup));
    const auto source = join_with(s, 2, 8);
    s.say(source, wire::unchoke{});
    s.say(source, wire::have{piece_index(9)});
    CHECK(asked_of(s, source, 9) == 0);
  }
  SUBCASE("under a limit, which shares out what it lets through") {
    core_settings settings;
    settings.download_bytes_per_s = 64 * 1024;
    script s(without(settings));
    const auto source = join_with(s, 2, 8);
    s.say(source, wire::unchoke{});
    const auto asked = s.said_to<wire::request>(source).size();
    REQUIRE(asked < window);
    s.say(source, wire::have{piece_index(9)});
    CHECK(s.said_to<wire::request>(source).size() == asked);
  }
}

}  // namespace
}  // namespace shoal::swarm
