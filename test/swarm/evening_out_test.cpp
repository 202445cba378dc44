// Who could send at once takes over what waits in line elsewhere.

#include <doctest/doctest.h>

#include "swarm/script.hpp"

namespace shoal::swarm {
namespace {

using std::chrono::milliseconds;

constexpr std::uint32_t pieces = 8;  // of four blocks

struct line : script {
  line() : script(setup()) {}

  static core_setup setup() {
    core_setup s;
    s.geometry = piece::geometry(std::uint64_t{pieces} * piece_length, piece_length);
    s.have = bitfield(pieces);
    s.our_id.bytes[0] = std::byte{1};
    s.seed = 1;
    return s;
  }
  /// A peer that has the first two pieces, and serves us.
  peer_key join_source(std::uint8_t n) {
    const auto key = join(n);
    bitfield has(pieces);
    has.set(piece_index(0));
    has.set(piece_index(1));
    say(key, wire::bitfield_bits{has.to_wire()});
    say(key, wire::unchoke{});
    return key;
  }
  void pass(milliseconds time) {
    now += time;
    on(tick{});
  }
  std::size_t asked(peer_key key) const { return said_to<wire::request>(key).size(); }
  std::size_t cancelled(peer_key key) const { return said_to<wire::cancel>(key).size(); }
};

TEST_CASE("half of what waits at a silent source is asked of an idle one") {
  line s;
  const auto silent = s.join_source(1);
  REQUIRE(s.asked(silent) == 8);
  const auto idle = s.join_source(2);
  CHECK(s.asked(idle) == 0);  // everything is asked for, and not for long
  s.pass(milliseconds(150));
  CHECK(s.asked(idle) == 4);
  CHECK(s.cancelled(silent) == 4);
  // What is cancelled may still come, and does no harm.
  s.say(silent, wire::piece{s.said_to<wire::cancel>(silent).front().block});
  CHECK_FALSE(s.dropped(silent));
  CHECK(s.said_to<wire::cancel>(idle).size() == 1);
}

TEST_CASE("a source that sends is left alone") {
  line s;
  const auto sending = s.join_source(1);
  const auto idle = s.join_source(2);
  const auto requests = s.said_to<wire::request>(sending);
  for (std::size_t n = 0; n < 4; ++n) {
    s.pass(milliseconds(60));
    s.say(sending, wire::piece{requests[n].block});
  }
  CHECK(s.asked(idle) == 0);
  CHECK(s.cancelled(sending) == 0);
}

TEST_CASE("a slow source is left alone while a block may be on its way") {
  line s;
  const auto slow = s.join_source(1);
  const auto requests = s.said_to<wire::request>(slow);
  REQUIRE(requests.size() == 8);
  s.pass(milliseconds(160));
  s.say(slow, wire::piece{requests[0].block});
  const auto idle = s.join_source(2);
  // 16 KiB in the last second, however they came: the next are due after as long.
  s.pass(milliseconds(900));
  CHECK(s.asked(idle) == 0);
  s.pass(milliseconds(3000));
  CHECK(s.asked(idle) > 0);
  CHECK(s.cancelled(slow) == s.asked(idle));
}

TEST_CASE("nothing is moved to a source that does not have it, nor in a circle") {
  line s;
  const auto first = s.join_source(1);
  const auto other = s.join(2);
  bitfield has(pieces);
  has.set(piece_index(2));
  s.say(other, wire::bitfield_bits{has.to_wire()});
  s.say(other, wire::unchoke{});
  REQUIRE(s.asked(other) == 4);
  for (const auto& r : s.said_to<wire::request>(other)) {
    s.say(other, wire::piece{r.block});
  }
  s.pass(milliseconds(500));
  CHECK(s.cancelled(first) == 0);
  // Two silent ones: neither is idle.
  const auto second = s.join_source(3);
  s.pass(milliseconds(200));
  const auto moved = s.asked(second);
  CHECK(moved > 0);
  for (int n = 0; n < 20; ++n) {
    s.pass(milliseconds(200));
  }
  CHECK(s.asked(second) == moved);
  CHECK(s.asked(first) == 8);
}

}  // namespace
}  // namespace shoal::swarm
