// A piece that few have is asked for in its turn.

#include <doctest/doctest.h>

#include "swarm/script.hpp"

namespace shoal::swarm {
namespace {

/// A source that owes us a window already would be slow to send what is asked of it beyond, while others get
/// the piece and could send it at once.
TEST_CASE("a rare piece is asked for as the window takes it, not beyond") {
  constexpr std::uint32_t pieces = 8;
  constexpr std::uint32_t length = 1U << 20;  // 64 blocks
  core_setup setup;
  setup.geometry = piece::geometry(std::uint64_t{pieces} * length, length);
  setup.have = bitfield(pieces);
  setup.have.set(piece_index(0));
  setup.our_id.bytes[0] = std::byte{1};
  setup.seed = 1;
  script s(std::move(setup));
  const auto source = s.join(2);
  bitfield has(pieces, true);
  has.reset(piece_index(0));
  has.reset(piece_index(7));
  s.say(source, wire::bitfield_bits{has.to_wire()});
  s.say(source, wire::unchoke{});  // as much is asked for as the window takes
  const auto asked = s.said_to<wire::request>(source).size();
  REQUIRE(asked == 32);
  s.say(source, wire::have{piece_index(7)});
  CHECK(s.said_to<wire::request>(source).size() == asked);
}

}  // namespace
}  // namespace shoal::swarm
