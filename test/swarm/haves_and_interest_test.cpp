// What peers are told of our pieces and of our interest, and when.

#include <doctest/doctest.h>

#include "swarm/script.hpp"

namespace shoal::swarm {
namespace {

void get(script& s, peer_key from, std::uint32_t piece) {
  for (std::uint32_t n = 0; n < 4; ++n) {
    s.say(from, wire::piece{block(piece, n)});
  }
  s.on(piece_verified{piece_index(piece), true});
}

TEST_CASE("a have waits for company where it can: it goes with the next message, or after a moment") {
  script s;
  const auto key = s.join_seed();
  const auto eager = s.join(3);  // wants nothing of ours yet
  const auto busy = s.join(4);
  s.say(eager, wire::have_none{});
  s.say(busy, wire::have_none{});
  const auto asked = s.said_to<wire::request>(key);
  const auto first = asked[0].block.piece.value();
  const auto second = asked[4].block.piece.value();
  REQUIRE(first != second);
  get(s, key, first);
  s.say(busy, wire::interested{});
  s.say(busy, wire::request{block(first, 0)});
  get(s, key, second);
  CHECK(s.said_to<wire::have>(eager).size() == 2);
  CHECK(s.said_to<wire::have>(busy).size() == 1);
  SUBCASE("with the next message") {
    const auto b = block(first, 0);
    const block_loaded answer{busy, b, true};
    s.on(blocks_loaded{std::span(&answer, 1)});
    CHECK(s.said_to<wire::have>(busy).size() == 2);
  }
  SUBCASE("after a moment") {
    REQUIRE(s.core.deadline().has_value());
    CHECK(*s.core.deadline() <= s.now + std::chrono::milliseconds(100));
    s.now += std::chrono::milliseconds(100);
    s.on(tick{});
    CHECK(s.said_to<wire::have>(busy).size() == 2);
  }
  s.say(eager, wire::have{piece_index(second)});
  CHECK(s.said_to<wire::have>(eager).size() == 2);
}

TEST_CASE("a seed hears of our pieces too, and another who has them does not") {
  script s;
  const auto seed = s.join_seed();
  const auto other = s.join(3);
  s.say(other, wire::have_none{});
  const auto piece = s.said_to<wire::request>(seed)[0].block.piece;
  s.say(other, wire::have{piece});
  get(s, seed, piece.value());
  s.now += std::chrono::milliseconds(100);
  s.on(tick{});
  CHECK(s.said_to<wire::have>(other).empty());
  REQUIRE(s.said_to<wire::have>(seed).size() == 1);
  CHECK(s.said_to<wire::have>(seed)[0].piece == piece);
}

TEST_CASE("the loss of interest is told when it lasts, or when nothing is wanted of anybody") {
  script s;
  const auto key = s.join(3);
  s.say(key, wire::have_none{});
  s.say(key, wire::have{piece_index(0)});
  s.say(key, wire::choke{});
  s.say(key, wire::allowed_fast{piece_index(0)});
  const auto later = [&] {
    s.now += std::chrono::seconds(1);
    s.on(tick{});
  };
  CHECK(s.said_to<wire::interested>(key).size() == 1);
  get(s, key, 0);
  later();
  CHECK(s.said_to<wire::not_interested>(key).empty());
  SUBCASE("it comes back in time") {
    s.say(key, wire::have{piece_index(1)});
    later();
    CHECK(s.said_to<wire::interested>(key).size() == 1);
    CHECK(s.said_to<wire::not_interested>(key).empty());
  }
  SUBCASE("it lasts, and comes back then") {
    later();
    CHECK(s.said_to<wire::not_interested>(key).size() == 1);
    s.say(key, wire::have{piece_index(1)});
    CHECK(s.said_to<wire::interested>(key).size() == 2);
  }
}

TEST_CASE("who holds a slot for us hears of lost interest soon, to lend it to others") {
  script s;
  const auto key = s.join(3);
  s.say(key, wire::have_none{});
  s.say(key, wire::have{piece_index(0)});
  s.say(key, wire::unchoke{});
  get(s, key, 0);
  CHECK(s.said_to<wire::not_interested>(key).empty());
  s.now += std::chrono::milliseconds(200);
  s.on(tick{});
  CHECK(s.said_to<wire::not_interested>(key).size() == 1);
}

}  // namespace
}  // namespace shoal::swarm
