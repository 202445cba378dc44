// Who is asked for what is needed by some time.

#include <algorithm>
#include <map>

#include <doctest/doctest.h>

#include "swarm/script.hpp"

namespace shoal::swarm {
namespace {

constexpr std::uint32_t pieces = 64;

core_setup streaming() {
  core_setup s;
  s.geometry = piece::geometry(std::uint64_t{pieces} * piece_length, piece_length);
  s.have = bitfield(pieces);
  s.our_id.bytes[0] = std::byte{1};
  s.settings.window.initial = 8;
  s.settings.window.requests_max = 8;
  s.seed = 1;
  return s;
}

struct stream : script {
  stream() : script(streaming()) {}

  /// The next `n` blocks that the peer was asked for come; whole pieces are good.
  void answer(peer_key key, std::size_t n) {
    for (; n > 0; --n) {
      const auto requests = said_to<wire::request>(key);
      REQUIRE(answered[key] < requests.size());
      say(key, wire::piece{requests[answered[key]++].block});
      for (auto v = all<verify>(); verified < v.size(); ++verified) {
        on(piece_verified{v[verified].piece, true});
      }
    }
  }
  std::size_t asked_of(peer_key key, std::uint32_t piece) const {
    const auto requests = said_to<wire::request>(key);
    return static_cast<std::size_t>(
        std::ranges::count_if(requests, [&](const auto& r) { return r.block.piece == piece_index(piece); }));
  }
  std::map<peer_key, std::size_t> answered;
  std::size_t verified = 0;
};

TEST_CASE("what is needed first is asked for first") {
  stream s;
  s.on(set_deadline{piece_index(40), s.now + seconds(20)});
  s.on(set_deadline{piece_index(7), s.now + seconds(10)});
  const auto seed = s.join_seed();
  std::vector<std::uint32_t> order;
  for (const auto& r : s.said_to<wire::request>(seed)) {
    order.push_back(r.block.piece.value());
  }
  CHECK(order == std::vector<std::uint32_t>{7, 7, 7, 7, 40, 40, 40, 40});
  s.answer(seed, 4);
  CHECK(s.core.pieces().have().test(piece_index(7)));
  CHECK(s.core.pieces().deadlines().size() == 1);
}

TEST_CASE("a seeder that is asked for what is due is asked for other things too") {
  stream s;
  const auto seed = s.join(2);
  s.say(seed, wire::have_all{});
  s.on(set_deadline{piece_index(5), s.now + seconds(30)});
  s.say(seed, wire::unchoke{});
  CHECK(s.asked_of(seed, 5) == 4);
  CHECK(s.said_to<wire::request>(seed).size() == 8);
}

TEST_CASE("what is due is asked of the fast, and of everybody when time runs out") {
  stream s;
  const auto slow = s.join_seed(2), fast = s.join_seed(3);
  s.answer(fast, 32);
  s.answer(slow, 2);
  std::uint32_t due = 0;
  while (s.core.pieces().open_blocks(piece_index(due)) != piece_length / block_bytes) {
    ++due;
  }
  s.on(set_deadline{piece_index(due), s.now + seconds(10)});
  s.answer(slow, 4);
  CHECK(s.asked_of(slow, due) == 0);
  s.answer(fast, 4);
  CHECK(s.asked_of(fast, due) == 4);
  s.now += std::chrono::milliseconds(8500);
  while (s.asked_of(slow, due) < 4) {
    s.answer(slow, 1);  // `answer` fails when nothing is left to be answered
  }
  SUBCASE("who is still asked when it came hears that it is not needed any more") {
    s.answer(fast, 8);
    CHECK(s.core.pieces().have().test(piece_index(due)));
    CHECK(s.said_to<wire::cancel>(slow).size() == 4);
  }
}

TEST_CASE("a slow peer that alone has what is due is asked for it") {
  stream s;
  const auto slow = s.join(2), fast = s.join(3);
  bitfield has(pieces, true);
  s.say(slow, wire::bitfield_bits{has.to_wire()});
  has.reset(piece_index(50));
  s.say(fast, wire::bitfield_bits{has.to_wire()});
  s.say(slow, wire::unchoke{});
  s.say(fast, wire::unchoke{});
  s.answer(fast, 32);
  s.answer(slow, 2);
  if (s.asked_of(slow, 50) == 0) {
    s.on(set_deadline{piece_index(50), s.now + seconds(10)});
    s.answer(slow, 4);
    CHECK(s.asked_of(slow, 50) == 4);
  }
}

}  // namespace
}  // namespace shoal::swarm
