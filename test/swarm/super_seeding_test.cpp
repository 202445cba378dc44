// A seeder that hides what it has, and shows each piece to one peer (BEP 16).

#include <algorithm>
#include <set>

#include <doctest/doctest.h>

#include <shoal/wire/extension.hpp>

#include "swarm/script.hpp"

namespace shoal::swarm {
namespace {

constexpr std::uint32_t mib = 1U << 20;

struct super_seeder : script {
  explicit super_seeder(std::uint32_t pieces = 8) : script(hidden(pieces)) {}

  static core_setup hidden(std::uint32_t pieces) {
    core_setup s;
    s.geometry = piece::geometry(std::uint64_t{pieces} * mib, mib);
    s.have = bitfield(pieces, true);
    s.our_id.bytes[0] = std::byte{1};
    s.settings.super_seed = true;
    s.seed = 1;
    return s;
  }
  peer_key join_empty(std::uint8_t host) {
    const auto key = join(host);
    say(key, wire::have_none{});
    return key;
  }
  std::vector<std::uint32_t> shown(peer_key key) const {
    std::vector<std::uint32_t> out;
    for (const auto& m : said_to<wire::have>(key)) {
      out.push_back(m.piece.value());
    }
    return out;
  }
  void request_all(peer_key key, std::uint32_t piece) {
    for (std::uint32_t n = 0; n < mib / block_bytes; ++n) {
      say(key, wire::request{block(piece, n)});
    }
  }
  void have(peer_key key, std::uint32_t piece) { say(key, wire::have{piece_index(piece)}); }
};

TEST_CASE("a super seeder says that it has nothing, and shows each peer one piece of its own") {
  super_seeder s;
  const auto a = s.join_empty(2), b = s.join_empty(3);
  for (const auto key : {a, b}) {
    CHECK(s.said_to<wire::have_none>(key).size() == 1);
    CHECK(s.said_to<wire::have_all>(key).empty());
    CHECK(s.said_to<wire::suggest_piece>(key).empty());
    CHECK(s.shown(key).size() == 1);
  }
  CHECK(s.shown(a) != s.shown(b));
  SUBCASE("what it was not shown a peer does not get") {
    s.say(a, wire::interested{});
    s.say(a, wire::request{block(s.shown(b)[0], 0)});
    CHECK(s.said_to<wire::reject_request>(a).size() == 1);
    s.say(a, wire::request{block(s.shown(a)[0], 0)});
    CHECK(s.all<load>().size() == 1);
  }
  SUBCASE("nor does it hear that we want nothing") {
    const auto c = s.join_from({ip_address::v4({10, 0, 0, 9}), 1000}, true, true);
    for (const auto& m : s.said_to<wire::extended>(c)) {
      CHECK_FALSE(wire::decode_extension_handshake(m.payload)->upload_only);
    }
  }
}

TEST_CASE("a peer that does not speak the fast extension is shown pieces as well") {
  super_seeder s;
  const auto a = s.join(2, false);
  s.join(3, false);
  CHECK(s.said_to<wire::bitfield_bits>(a).empty());
  CHECK(s.said_to<wire::have_none>(a).empty());
  CHECK(s.shown(a).size() == 1);
}

TEST_CASE("who was shown enough sees the next piece when one of them is seen at somebody else") {
  super_seeder s;
  const auto a = s.join_empty(2), b = s.join_empty(3);
  s.say(a, wire::interested{});
  const auto first = s.shown(a);
  REQUIRE(first.size() == 2);  // while one is passed on, the other comes
  for (const auto piece : first) {
    s.request_all(a, piece);
    s.have(a, piece);
  }
  CHECK(s.shown(a) == first);
  SUBCASE("it passed one on") {
    s.have(b, first[0]);
    CHECK(s.shown(a).size() == 3);
    s.have(b, first[1]);
    CHECK(s.shown(a).size() == 4);
  }
  SUBCASE("somebody who has it came") {
    const auto c = s.join(4);
    bitfield has(8);
    has.set(piece_index(first[1]));
    s.say(c, wire::bitfield_bits{has.to_wire()});
    CHECK(s.shown(a).size() == 3);
  }
  SUBCASE("nobody has it, but half a minute has passed") {
    s.now += seconds(31);
    s.on(tick{});
    CHECK(s.shown(a).size() == 4);
  }
  SUBCASE("the last of the others left: a lone peer need not pass on anything") {
    s.on(peer_left{b});
    s.now += seconds(1);
    s.on(tick{});
    CHECK(s.shown(a).size() > 2);
  }
}

TEST_CASE("what was shown to one who left, or waits, is for others") {
  super_seeder s(3);
  const auto a = s.join_empty(2), b = s.join_empty(3), c = s.join_empty(4);
  std::set<std::uint32_t> all;
  for (const auto key : {a, b, c}) {
    REQUIRE(s.shown(key).size() == 1);
    all.insert(s.shown(key)[0]);
  }
  CHECK(all.size() == 3);
  SUBCASE("left") {
    const auto its = s.shown(b)[0];
    s.on(peer_left{b});
    s.say(a, wire::interested{});
    CHECK(s.shown(a).size() == 2);
    CHECK(s.shown(a)[1] == its);
  }
  SUBCASE("waits") {
    s.say(a, wire::interested{});
    CHECK(s.shown(a).size() == 2);
  }
}

TEST_CASE("the hiding ends when every piece is somewhere else") {
  super_seeder s(4);
  const auto a = s.join_empty(2), b = s.join_empty(3);
  const auto spread = [&] {
    return std::ranges::count(s.all<report>(), report::kind::spread, &report::what);
  };
  for (std::uint32_t piece = 0; piece < 3; ++piece) {
    s.have(a, piece);
  }
  CHECK(spread() == 0);
  SUBCASE("the last one came") {
    s.have(b, 3);
  }
  SUBCASE("another seeder came") {
    s.say(s.join(5), wire::have_all{});
  }
  CHECK(spread() == 1);
  const auto shown = s.shown(b);
  CHECK(std::set<std::uint32_t>(shown.begin(), shown.end()).size() == shown.size());
  CHECK(shown.size() >= 3);
  CHECK(s.said_to<wire::have_all>(s.join(6)).size() == 1);
}

TEST_CASE("the rest of many pieces is shown in portions") {
  core_setup setup = super_seeder::hidden(1);
  setup.geometry = piece::geometry(1000 * std::uint64_t{block_bytes}, block_bytes);
  setup.have = bitfield(1000, true);
  script s(std::move(setup));
  const auto a = s.join(2);
  s.say(a, wire::have_none{});
  s.say(s.join(3), wire::have_all{});
  std::size_t before = 0;
  for (int second = 0; second < 5; ++second) {
    const auto told = s.said_to<wire::have>(a).size();
    CHECK(told - before <= 256 + 64);
    before = told;
    s.now += seconds(1);
    s.on(tick{});
  }
  CHECK(s.said_to<wire::have>(a).size() == 1000);
}

TEST_CASE("who has not everything hides nothing") {
  auto setup = super_seeder::hidden(4);
  setup.have.reset(piece_index(1));
  script s(std::move(setup));
  CHECK(s.said_to<wire::bitfield_bits>(s.join(2)).size() == 1);
}

TEST_CASE("a leecher tells what seems to be a super seeder that its piece has come, and no other giver") {
  for (const bool super : {true, false}) {
    CAPTURE(super);
    script s;
    const auto giver = s.join();
    s.say(giver, wire::have_none{});
    s.say(giver, wire::have{piece_index(4)});
    s.say(giver, wire::unchoke{});
    if (!super) {
      s.say(giver, wire::interested{});
    }
    for (std::uint32_t n = 0; n < piece_length / block_bytes; ++n) {
      s.say(giver, wire::piece{block(4, n)});
    }
    s.on(piece_verified{piece_index(4), true});
    CHECK(s.said_to<wire::have>(giver).size() == (super ? 1 : 0));
  }
}

}  // namespace
}  // namespace shoal::swarm
