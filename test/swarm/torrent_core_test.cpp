// One core against scripted peers: each breach of the protocol and its answer.

#include <functional>

#include <doctest/doctest.h>

#include <shoal/swarm/torrent_core.hpp>
#include <shoal/wire/codec.hpp>
#include <shoal/wire/extension.hpp>

#include "swarm/connections.hpp"
#include "swarm/script.hpp"

namespace shoal::swarm {
namespace {

TEST_CASE("a breach that no honest peer commits ends the connection at once") {
  struct row {
    const char* name;
    bool fast;
    std::vector<wire::message> messages;
  };
  const std::vector<row> rows{
      {"bitfield too short", true, {wire::bitfield_bits{{std::byte{0xff}}}}},
      {"bitfield too long", true, {wire::bitfield_bits{std::vector<std::byte>(3)}}},
      {"bitfield with a spare bit", true, {wire::bitfield_bits{{std::byte{0xff}, std::byte{0xe0}}}}},
      {"have of no piece", true, {wire::have{piece_index(10)}}},
      {"request beyond the torrent", true, {wire::request{block(10, 0)}}},
      {"request beyond the piece", true, {wire::request{{piece_index(0), piece_length, block_bytes}}}},
      {"request that wraps around", true, {wire::request{{piece_index(0), 0xffffc000, block_bytes}}}},
      {"request of nothing", true, {wire::request{{piece_index(0), 0, 0}}}},
      {"request of too much", true, {wire::request{{piece_index(0), 0, 2 * block_bytes}}}},
      {"block of the wrong length", true, {wire::piece{{piece_index(0), 0, block_bytes - 1}}}},
      {"block at an odd place", true, {wire::piece{{piece_index(0), 1, block_bytes}}}},
      {"block beyond the torrent", true, {wire::piece{block(10, 0)}}},
      {"allowed fast of no piece", true, {wire::allowed_fast{piece_index(99)}}},
      {"suggestion of no piece", true, {wire::suggest_piece{piece_index(99)}}},
      {"have all without the extension", false, {wire::have_all{}}},
      {"reject without the extension", false, {wire::reject_request{block(0, 0)}}},
  };
  for (const auto& r : rows) {
    CAPTURE(r.name);
    script s(true);
    const auto key = s.join(2, r.fast);
    for (const auto& m : r.messages) {
      s.say(key, m);
    }
    CHECK(s.dropped(key) == drop_reason::protocol_violation);
    s.on(peer_left{key});
    s.core.check();
  }
}

TEST_CASE("a flood of harmless breaches ends the connection too") {
  const std::vector<std::pair<const char*, std::function<wire::message(std::uint32_t)>>> rows{
      {"have again and again", [](std::uint32_t) { return wire::have{piece_index(3)}; }},
      {"all its pieces again and again", [](std::uint32_t) { return wire::have_none{}; }},
      {"blocks nobody asked for", [](std::uint32_t n) { return wire::piece{block(n % 10, n % 4)}; }},
      {"rejects of nothing", [](std::uint32_t) { return wire::reject_request{block(0, 0)}; }},
      {"extension handshakes that cannot be read",
       [](std::uint32_t) { return wire::extended{0, {std::byte{'x'}}}; }},
      {"requests for what we never offered", [](std::uint32_t n) { return wire::request{block(n % 10, 0)}; }},
  };
  for (const auto& [name, make] : rows) {
    CAPTURE(name);
    script s;
    const auto key = s.join();
    std::uint32_t n = 0;
    while (!s.dropped(key) && n < 1000) {
      s.say(key, make(n++));
    }
    CHECK(s.dropped(key) == drop_reason::protocol_violation);
    CHECK(n > 100);  // an honest peer that does it now and then stays
    CHECK(s.core.totals().downloaded == s.core.totals().wasted);
  }
}

TEST_CASE("messages that mean nothing to us are ignored") {
  script s;
  const auto key = s.join();
  for (int i = 0; i < 1000; ++i) {
    s.say(key, wire::keep_alive{});
    s.say(key, wire::unknown{99});
    s.say(key, wire::port{6881});
    s.say(key, wire::extended{7, {}});
  }
  CHECK_FALSE(s.dropped(key));
}

TEST_CASE("requests go out when unchoked, and come back when choked or rejected") {
  core_settings settings;
  settings.picking.endgame_copies_max = 1;
  script s(false, settings);
  const auto key = s.join();
  s.say(key, wire::have_all{});
  CHECK(s.said_to<wire::interested>(key).size() == 1);
  CHECK(s.said_to<wire::request>(key).empty());
  s.say(key, wire::unchoke{});
  const auto asked = s.said_to<wire::request>(key);
  REQUIRE(asked.size() == 32);
  const auto other = s.join(3, false);
  s.say(other, wire::bitfield_bits{{std::byte{0xff}, std::byte{0xc0}}});
  s.say(other, wire::unchoke{});
  CHECK(s.said_to<wire::request>(other).size() == 8);  // the rest of the 40 blocks
  s.say(other, wire::choke{});                         // without the fast extension that forgets them
  s.say(key, wire::reject_request{asked[0].block});
  s.say(other, wire::unchoke{});
  CHECK(s.said_to<wire::request>(other).size() == 17);
}

TEST_CASE("a whole piece is verified once, told to all who lack it, and trusted only then") {
  script s;
  const auto key = s.join_seed();
  const auto watcher = s.join(3);
  s.say(watcher, wire::have_none{});
  const auto piece = s.said_to<wire::request>(key)[0].block.piece.value();
  for (std::uint32_t n = 0; n < 4; ++n) {
    s.say(key, wire::piece{block(piece, n)});
  }
  CHECK(s.all<store>().size() == 4);
  REQUIRE(s.all<verify>().size() == 1);
  CHECK(s.said_to<wire::have>(watcher).empty());
  s.on(piece_verified{piece_index(piece), true});
  CHECK(s.said_to<wire::have>(watcher) == std::vector{wire::have{piece_index(piece)}});
  CHECK(s.said_to<wire::have>(key).empty());
  s.say(key, wire::piece{block(piece, 0)});
  CHECK(s.all<store>().size() == 4);
  CHECK(s.core.totals().wasted == block_bytes);
}

TEST_CASE("what still comes from a peer that is dropped is counted, and of no use") {
  script s;
  const auto key = s.join_seed();
  const std::vector<wire::message> batch{wire::bitfield_bits{{}}, wire::piece{block(0, 0)}};
  s.on(received{key, batch});
  REQUIRE(s.dropped(key));
  s.say(key, wire::piece{block(0, 1)});
  CHECK(s.core.totals().downloaded == 2 * block_bytes);
  CHECK(s.core.totals().wasted == 2 * block_bytes);
  CHECK(s.all<store>().empty());
}

TEST_CASE("the lone sender of a bad piece is banned with its address, and the piece is fetched again") {
  script s;
  const auto liar = s.join_seed();
  const auto piece = s.said_to<wire::request>(liar)[0].block.piece.value();
  for (std::uint32_t n = 0; n < 4; ++n) {
    s.say(liar, wire::piece{block(piece, n)});
  }
  s.on(piece_verified{piece_index(piece), false});
  CHECK(s.dropped(liar) == drop_reason::banned);
  s.on(peer_left{liar});
  const auto again = s.join(2);
  CHECK(s.dropped(again) == drop_reason::banned);
  const auto honest = s.join_seed(3);
  CHECK(s.said_to<wire::request>(honest).size() == 32);
  CHECK(s.core.totals().wasted == piece_length);
}

TEST_CASE("a convicted liar goes, wherever its blocks were") {
  script s;
  const auto a = s.join_seed(2);
  const auto b = s.join_seed(3);
  s.on(liar_found{ip_address::v4({10, 0, 0, 2})});
  CHECK(s.dropped(a) == drop_reason::banned);
  CHECK_FALSE(s.dropped(b));
}

TEST_CASE("in endgame the second answer is cancelled, and a late one is only waste") {
  script s;
  const auto a = s.join_seed(2);
  const auto b = s.join_seed(3);
  CHECK(s.said_to<wire::request>(a).size() + s.said_to<wire::request>(b).size() > 40);
  std::optional<block_ref> both;
  for (const auto& x : s.said_to<wire::request>(a)) {
    for (const auto& y : s.said_to<wire::request>(b)) {
      if (x == y) {
        both = x.block;
      }
    }
  }
  REQUIRE(both);
  s.say(a, wire::piece{*both});
  CHECK(s.said_to<wire::cancel>(b) == std::vector{wire::cancel{*both}});
  s.say(b, wire::piece{*both});
  CHECK_FALSE(s.dropped(b));
  CHECK(s.core.totals().wasted == block_bytes);
}

TEST_CASE("a snubbing peer loses what it was asked for") {
  script s;
  const auto slow = s.join_seed(2);
  CHECK(s.said_to<wire::request>(slow).size() == 32);
  s.now += seconds(61);
  s.on(tick{});
  const auto fresh = s.join_seed(3);
  CHECK(s.said_to<wire::request>(fresh).size() == 32);
}

TEST_CASE("silence is answered by keep-alives, then by a drop") {
  script s;
  const auto key = s.join();
  s.say(key, wire::have_none{});
  s.now += seconds(101);
  s.on(tick{});
  CHECK(s.said_to<wire::keep_alive>(key).size() == 1);
  s.now += seconds(80);
  s.on(tick{});
  CHECK(s.dropped(key) == drop_reason::silent);
}

TEST_CASE("an upload passes interest, unchoke, request, load and hand-over") {
  script s(true);
  const auto key = s.join(0);
  CHECK(s.said_to<wire::have_all>(key).size() == 1);
  s.say(key, wire::have_none{});
  s.say(key, wire::request{block(0, 0)});
  CHECK(s.all<load>().empty());  // choked
  CHECK(s.said_to<wire::reject_request>(key).size() == 1);
  s.say(key, wire::interested{});
  CHECK(s.said_to<wire::unchoke>(key).size() == 1);
  s.say(key, wire::request{block(0, 0)});
  s.say(key, wire::request{block(0, 1)});
  REQUIRE(s.all<load>().size() == 2);
  s.say(key, wire::cancel{block(0, 1)});
  CHECK(s.said_to<wire::reject_request>(key).size() == 2);
  const std::vector<block_loaded> loaded{{key, block(0, 0), true}, {key, block(0, 1), true}};
  s.on(blocks_loaded{loaded});
  REQUIRE(s.all<upload>().size() == 1);
  CHECK(s.all<upload>()[0].nth == 0);
  s.on(sent{key, block_bytes});
  CHECK(s.core.totals().uploaded == block_bytes);
}

TEST_CASE("a cancel reaches a block that was handed over and has not gone out") {
  script s(true);
  const auto key = s.join(0);
  s.say(key, wire::interested{});
  s.say(key, wire::request{block(0, 0)});
  const block_loaded loaded{key, block(0, 0), true};
  s.on(blocks_loaded{std::span(&loaded, 1)});
  s.say(key, wire::cancel{block(0, 0)});
  REQUIRE(s.all<unsend>().size() == 1);
  CHECK(s.said_to<wire::reject_request>(key).empty());
  s.on(unsent{key, block(0, 0)});
  CHECK(s.said_to<wire::reject_request>(key).size() == 1);
  s.say(key, wire::cancel{block(0, 0)});
  CHECK(s.all<unsend>().size() == 1);  // nothing is handed over any more
  CHECK(s.core.totals().uploaded == 0);
}

TEST_CASE("a choked beginner may have its allowed-fast pieces") {
  script seeder(true);  // grants none: it advises whom it serves
  CHECK(seeder.said_to<wire::allowed_fast>(seeder.join()).empty());

  auto almost = script::setup(false, {});
  almost.have = bitfield(10, true);
  almost.have.reset(piece_index(9));
  script s(std::move(almost));
  const auto key = s.join();
  REQUIRE(s.said_to<wire::allowed_fast>(key).size() == 9);
  s.say(key, wire::request{block(0, 0)});
  CHECK(s.all<load>().size() == 1);

  script leech;
  const auto seed = leech.join();
  leech.say(seed, wire::have_all{});
  leech.say(seed, wire::allowed_fast{piece_index(7)});
  const auto asked = leech.said_to<wire::request>(seed);
  REQUIRE(asked.size() == 4);
  CHECK(asked[0].block.piece == piece_index(7));
}

TEST_CASE("a block that the disk does not give is refused") {
  script s(true);
  const auto key = s.join();
  s.say(key, wire::interested{});
  s.say(key, wire::request{block(0, 0)});
  const block_loaded failed{key, block(0, 0), false};
  s.on(blocks_loaded{std::span(&failed, 1)});
  CHECK(s.all<upload>().empty());
  CHECK(s.said_to<wire::reject_request>(key).size() == 1);
}

TEST_CASE("a failed disk stops the asking until it works again") {
  script s;
  s.on(disk_failed{});
  const auto key = s.join_seed();
  CHECK(s.said_to<wire::request>(key).empty());
  s.on(disk_recovered{});
  CHECK(s.said_to<wire::request>(key).size() == 32);
}

TEST_CASE("there is one connection a peer and a bound on peers") {
  core_settings settings;
  settings.peers_max = 3;
  script s(false, settings);
  const auto first = s.join(2);
  const auto twice = s.join(2);
  CHECK(s.dropped(twice) == drop_reason::duplicate);
  CHECK_FALSE(s.dropped(first));
  s.on(peer_left{twice});
  s.join(3);
  s.join(4);
  CHECK(s.dropped(s.join(5)) == drop_reason::too_many);
}

TEST_CASE("peers found are connected to, once, and never ourselves again") {
  script s;
  const std::vector<endpoint> found{*endpoint::parse("10.0.0.9:1"), *endpoint::parse("10.0.0.9:1"),
                                    *endpoint::parse("10.0.0.8:1")};
  s.on(peers_found{found});
  CHECK(s.all<connect>().size() == 2);
  s.on(connect_failed{found[0], true});
  s.now += std::chrono::hours(1);
  s.on(tick{});
  CHECK(s.all<connect>().size() == 2);
}

TEST_CASE("two complete peers part") {
  script s(true);
  const auto key = s.join();
  s.say(key, wire::have_all{});
  CHECK(s.dropped(key) == drop_reason::both_complete);
}

TEST_CASE("a peer that wants nothing is of no use to one that has everything") {
  wire::extension_handshake hello;
  hello.upload_only = true;
  for (const bool seed : {true, false}) {
    CAPTURE(seed);
    script s(seed);
    const auto key = s.join();
    s.say(key, wire::extended{0, wire::encode(hello)});
    CHECK(s.dropped(key).has_value() == seed);
  }
}

TEST_CASE("a second handshake changes only what it names") {
  script s(false);
  const auto key = s.join();
  wire::extension_handshake hello;
  hello.upload_only = true;
  s.say(key, wire::extended{0, wire::encode(hello)});
  hello.upload_only.reset();
  hello.client = "somebody 1.0";
  s.say(key, wire::extended{0, wire::encode(hello)});
  REQUIRE(s.core.peers().size() == 1);
  CHECK(s.core.peers()[0]->upload_only);
  CHECK(s.core.peers()[0]->client == "somebody 1.0");
  hello.upload_only = false;
  s.say(key, wire::extended{0, wire::encode(hello)});
  CHECK_FALSE(s.core.peers()[0]->upload_only);
}

TEST_CASE("stop tells everybody") {
  script s;
  const auto key = s.join();
  s.on(stop{});
  CHECK(s.dropped(key) == drop_reason::stopping);
  CHECK_FALSE(s.core.deadline());
}

TEST_CASE("pieces of priority 0 are not asked for, and completion counts the others") {
  script s;
  for (std::uint32_t p = 1; p < 10; ++p) {
    s.on(set_priority{piece_index(p), 0});
  }
  const auto key = s.join_seed();
  const auto asked = s.said_to<wire::request>(key);
  REQUIRE(asked.size() == 4);
  for (const auto& r : asked) {
    CHECK(r.block.piece == piece_index(0));
    s.say(key, wire::piece{r.block});
  }
  s.on(piece_verified{piece_index(0), true});
  CHECK(s.core.complete());
  CHECK(s.core.wanted_bytes_total() == piece_length);
}

TEST_CASE("the allowed-fast set is the one that BEP 6 gives") {
  sha1_digest hash;
  hash.bytes.fill(std::byte{0xaa});
  const auto address = ip_address::v4({80, 4, 4, 200});
  const auto numbers = [&](std::uint32_t k) {
    std::vector<std::uint32_t> out;
    for (const auto p : allowed_fast_set(address, hash, 1313, k)) {
      out.push_back(p.value());
    }
    return out;
  };
  CHECK(numbers(7) == std::vector<std::uint32_t>{1059, 431, 808, 1217, 287, 376, 1188});
  CHECK(numbers(9) == std::vector<std::uint32_t>{1059, 431, 808, 1217, 287, 376, 1188, 353, 508});
  CHECK(allowed_fast_set(address, hash, 3, 10).size() == 3);
}

}  // namespace
}  // namespace shoal::swarm
