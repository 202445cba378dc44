// Whom a peer serves between two choke rounds, and in which order.

#include <algorithm>
#include <initializer_list>
#include <vector>

#include <doctest/doctest.h>

#include "swarm/script.hpp"

namespace shoal::swarm {
namespace {

constexpr std::uint32_t mib = 1U << 20;

core_setup with_slots(std::uint32_t slots, bool lends = true) {
  core_setup setup;
  setup.geometry = piece::geometry(std::uint64_t{4} * mib, mib);
  setup.have = bitfield(4);
  setup.have.set(piece_index(0));
  setup.have.set(piece_index(1));
  setup.our_id.bytes[0] = std::byte{1};
  setup.settings.upload_slots = slots;
  setup.settings.lends_slots = lends;
  return setup;
}

peer_key interested(script& s, std::uint8_t who) {
  const auto key = s.join(who);
  s.say(key, wire::have_none{});
  s.say(key, wire::interested{});
  return key;
}

bool is_served(const script& s, peer_key key) {
  return s.said_to<wire::unchoke>(key).size() > s.said_to<wire::choke>(key).size();
}

TEST_CASE("a slot without use is lent, and given back to whom a round gave it") {
  script s(with_slots(1));
  const auto a = interested(s, 2);
  s.now += seconds(10);
  s.on(tick{});  // a round: the slot is a's
  const auto b = interested(s, 3);
  CHECK(is_served(s, a));
  CHECK_FALSE(is_served(s, b));
  s.say(a, wire::not_interested{});
  CHECK_FALSE(is_served(s, a));
  CHECK(is_served(s, b));
  s.say(a, wire::interested{});
  CHECK(is_served(s, a));
  CHECK_FALSE(is_served(s, b));
}

TEST_CASE("a slot that nobody else asks for is kept, until somebody does") {
  script s(with_slots(1));
  const auto a = interested(s, 2);
  s.say(a, wire::not_interested{});
  CHECK(is_served(s, a));
  const auto b = interested(s, 3);
  CHECK_FALSE(is_served(s, a));
  CHECK(is_served(s, b));
}

/// Wants something of us, has these pieces, and gave us a block.
peer_key giver(script& s, std::uint8_t who, std::initializer_list<std::uint32_t> has) {
  const auto key = interested(s, who);
  for (const auto piece : has) {
    s.say(key, wire::have{piece_index(piece)});
  }
  s.say(key, wire::unchoke{});
  const auto asked = s.said_to<wire::request>(key);
  REQUIRE_FALSE(asked.empty());
  s.say(key, wire::piece{asked.front().block});
  return key;
}

TEST_CASE("a slot is lent to who has least of those who gave something, and then to who gave nothing") {
  script s(with_slots(1));
  const auto holder = interested(s, 2);
  const auto taker = interested(s, 3);
  const auto rich = giver(s, 4, {1, 2, 3});
  const auto poor = giver(s, 5, {3});
  s.say(holder, wire::not_interested{});
  CHECK(is_served(s, poor));
  s.say(poor, wire::not_interested{});
  CHECK(is_served(s, rich));
  s.say(rich, wire::not_interested{});
  CHECK(is_served(s, taker));
}

TEST_CASE("who changes its mind in a loop does not have others choked and unchoked in a loop") {
  script s(with_slots(1));
  const auto a = interested(s, 2);
  s.now += seconds(10);
  s.on(tick{});
  const auto b = interested(s, 3);
  for (int n = 0; n < 1000; ++n) {
    s.say(a, wire::not_interested{});
    s.say(a, wire::interested{});
  }
  CHECK(s.said_to<wire::unchoke>(b).size() <= 10);
  CHECK(s.said_to<wire::choke>(b).size() <= 10);
}

TEST_CASE("without lending a slot waits for the next round") {
  script s(with_slots(1, false));
  const auto a = interested(s, 2), b = interested(s, 3);
  s.say(a, wire::not_interested{});
  CHECK_FALSE(is_served(s, b));
}

TEST_CASE("a limited uplink that is not used up serves one more") {
  auto setup = with_slots(0);
  setup.settings.upload_bytes_per_s = mib;
  script s(std::move(setup));
  for (std::uint8_t n = 0; n < 8; ++n) {
    interested(s, static_cast<std::uint8_t>(2 + n));
  }
  const auto served = [&] {
    return std::ranges::count_if(s.core.peers(), [](const auto* p) { return !p->we_choke; });
  };
  CHECK(served() == 4);
  for (int i = 0; i < 2; ++i) {
    s.now += std::chrono::milliseconds(200);
    s.on(tick{});
  }
  CHECK(served() == 6);
}

TEST_CASE("who asks for more of the piece that it is being sent comes before others") {
  auto setup = with_slots(2);
  setup.settings.upload_bytes_per_s = mib;
  script s(std::move(setup));
  const auto a = interested(s, 2), b = interested(s, 3);
  const auto asks = [&](peer_key key, std::uint32_t first, std::uint32_t count) {
    for (std::uint32_t n = first; n < first + count; ++n) {
      s.say(key, wire::request{block(0, n)});
    }
  };
  const auto loads_for = [&](peer_key key) {
    return std::ranges::count_if(s.all<load>(), [&](const load& l) { return l.key == key; });
  };
  s.now += seconds(10);
  s.on(tick{});
  asks(a, 0, 64);
  asks(b, 0, 64);
  const auto start = s.now;
  while (loads_for(a) < 64) {  // the limit holds both up, again and again
    s.now += std::chrono::milliseconds(50);
    const auto before = loads_for(b);
    s.on(tick{});
    if (loads_for(a) < 64) CHECK(loads_for(b) == before);
    for (const auto& l : s.all<load>()) {
      s.on(sent{l.key, 0});
    }
    REQUIRE(s.now < start + seconds(10));
  }
}

/// Serves 1 MiB/s; has pieces 0 and 1, of which others have only the first.
struct two_served : script {
  explicit two_served(std::uint32_t slots = 2) : script(limited(slots)) {
    for (std::uint8_t n = 0; n < 3; ++n) {
      const auto other = join(static_cast<std::uint8_t>(10 + n));
      say(other, wire::have_none{});
      say(other, wire::have{piece_index(0)});
    }
    a = interested(*this, 2);
    b = interested(*this, 3);
  }
  static core_setup limited(std::uint32_t slots) {
    auto setup = with_slots(slots);
    setup.settings.upload_bytes_per_s = mib;
    return setup;
  }
  void ask(peer_key key, std::uint32_t piece, std::uint32_t count) {
    for (std::uint32_t n = 0; n < count; ++n) {
      say(key, wire::request{block(piece, n)});
    }
  }
  std::ptrdiff_t loads(peer_key key, std::uint32_t piece) const {
    return std::ranges::count_if(
        all<load>(), [&](const load& l) { return l.key == key && l.block.piece == piece_index(piece); });
  }
  /// Lets time pass until a block of the piece is taken for the peer, ten seconds at most.
  void serve_until(peer_key key, std::uint32_t piece) {
    for (int n = 0; n < 200 && loads(key, piece) == 0; ++n) {
      now += std::chrono::milliseconds(50);
      on(tick{});
    }
  }

  peer_key a, b;
};

TEST_CASE("a rarer piece overtakes what its peer asked for before, also the piece that it is being sent") {
  two_served s;
  s.ask(s.a, 0, 16);  // this turn begins
  s.ask(s.b, 0, 16);
  s.ask(s.b, 1, 16);
  s.ask(s.a, 1, 16);
  REQUIRE(s.loads(s.a, 0) > 0);
  const auto before = s.loads(s.a, 0);
  s.serve_until(s.b, 1);
  CHECK(s.loads(s.a, 0) == before);  // the rest waits
  CHECK(s.loads(s.a, 1) == 16);
  CHECK(s.loads(s.b, 1) > 0);
  CHECK(s.loads(s.b, 0) == 0);
}

TEST_CASE("of those who ask for equally rare pieces, who has the fewest comes first") {
  two_served s(3);
  const auto c = interested(s, 4);
  for (const auto key : {s.a, s.b, c})
    REQUIRE(is_served(s, key));
  s.say(s.a, wire::have{piece_index(0)});
  s.ask(c, 0, 16);  // has the uplink for a while
  REQUIRE(s.loads(c, 0) > 0);
  s.ask(s.a, 1, 16);
  s.ask(s.b, 1, 16);
  s.serve_until(s.b, 1);
  CHECK(s.loads(s.b, 1) > 0);
  CHECK(s.loads(s.a, 1) == 0);
}

TEST_CASE("whoever does not speak BEP 6 is answered in the order of asking") {
  two_served s;
  const auto old = s.join(4, false);
  s.say(s.a, wire::not_interested{});
  s.say(old, wire::interested{});
  REQUIRE(is_served(s, old));
  s.ask(s.b, 0, 16);
  s.ask(old, 0, 16);
  s.ask(old, 1, 16);
  s.serve_until(old, 1);
  CHECK(s.loads(old, 0) == 16);
}

TEST_CASE("somebody else is served while a slot's holder has got something and asks for no more") {
  auto setup = with_slots(0);
  setup.settings.upload_bytes_per_s = mib;
  SUBCASE("and slots are lent") {}
  SUBCASE("and slots are kept") {
    setup.settings.lends_slots = false;
  }
  const bool lends = setup.settings.lends_slots;
  script s(std::move(setup));
  std::vector<peer_key> crowd;
  for (std::uint8_t n = 0; n < 8; ++n) {
    crowd.push_back(interested(s, static_cast<std::uint8_t>(2 + n)));
  }
  const auto served = [&] {
    return std::ranges::count_if(crowd, [&](peer_key k) { return is_served(s, k); });
  };
  REQUIRE(served() == 4);
  s.say(crowd[0], wire::request{block(0, 0)});
  const block_loaded answer{crowd[0], block(0, 0), true};
  s.on(blocks_loaded{std::span(&answer, 1)});
  s.on(sent{crowd[0], block_bytes});
  s.now += std::chrono::milliseconds(110);
  s.on(tick{});
  CHECK(served() == (lends ? 5 : 4));
}

}  // namespace
}  // namespace shoal::swarm
