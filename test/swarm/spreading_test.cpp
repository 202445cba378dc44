// What a seeder advises, and what a leecher makes of it.

#include <algorithm>
#include <map>

#include <doctest/doctest.h>

#include "swarm/script.hpp"

namespace shoal::swarm {
namespace {

std::vector<std::uint32_t> advised(const script& s, peer_key key) {
  std::vector<std::uint32_t> out;
  for (const auto& m : s.said_to<wire::suggest_piece>(key)) {
    out.push_back(m.piece.value());
  }
  return out;
}

std::vector<std::uint32_t> asked_pieces(const script& s, peer_key key) {
  std::vector<std::uint32_t> out;
  for (const auto& m : s.said_to<wire::request>(key)) {
    if (std::ranges::find(out, m.block.piece.value()) == out.end()) {
      out.push_back(m.block.piece.value());
    }
  }
  return out;
}

core_setup seeder_of(std::uint32_t pieces, std::uint32_t length) {
  core_setup setup;
  setup.geometry = piece::geometry(std::uint64_t{pieces} * length, length);
  setup.have = bitfield(pieces, true);
  setup.our_id.bytes[0] = std::byte{1};
  setup.seed = 1;
  return setup;
}

constexpr std::uint32_t mib = 1U << 20;

TEST_CASE("each piece is meant for one peer, until it is known to be elsewhere") {
  script s(seeder_of(4, mib));
  const auto a = s.join(2), b = s.join(3);
  for (const auto key : {a, b}) {
    s.say(key, wire::have_none{});
    s.say(key, wire::interested{});
  }
  const auto for_a = advised(s, a), for_b = advised(s, b);
  REQUIRE(for_a.size() == 1);
  REQUIRE(for_b.size() == 1);
  CHECK(for_a != for_b);
  SUBCASE("who asks for the advised is advised of more") {
    for (std::uint32_t n = 0; n < 64; ++n) {
      s.say(a, wire::request{block(for_a[0], n)});
    }
    CHECK(advised(s, a).size() == 2);
  }
  SUBCASE("who got it from somebody else is advised of something else") {
    s.say(a, wire::have{piece_index(for_a[0])});
    CHECK(advised(s, a).size() == 2);
  }
  SUBCASE("what one who left had passed on is not dealt again") {
    s.say(a, wire::have{piece_index(for_a[0])});
    s.say(b, wire::have{piece_index(for_a[0])});
    s.join(4);
    s.on(peer_left{a});
    for (std::uint32_t piece = 0; piece < 4; ++piece) {
      for (std::uint32_t n = 0; n < 64; ++n) {
        s.say(b, wire::request{block(piece, n)});
      }
    }
    const auto all = advised(s, b);
    CHECK(std::ranges::find(all, for_a[0]) == all.end());
    CHECK(all.size() == 3);
  }
  SUBCASE("what was meant for one who left is for others") {
    s.join(4);
    s.on(peer_left{a});
    for (std::uint32_t n = 0; n < 64; ++n) {
      s.say(b, wire::request{block(for_b[0], n)});
    }
    REQUIRE(advised(s, b).size() == 2);
    CHECK(advised(s, b)[1] == for_a[0]);
  }
}

TEST_CASE("a leecher asks an advising seeder for nothing else while the advice lasts") {
  script s;
  const auto seed = s.join();
  s.say(seed, wire::have_all{});
  s.say(seed, wire::suggest_piece{piece_index(7)});
  s.say(seed, wire::unchoke{});
  CHECK(asked_pieces(s, seed) == std::vector<std::uint32_t>{7});
  SUBCASE("it lasts until all of it came, and a little longer") {
    s.now += std::chrono::seconds(5);
    s.on(tick{});
    for (std::uint32_t n = 0; n < 4; ++n) {
      s.say(seed, wire::piece{block(7, n)});
    }
    s.on(piece_verified{piece_index(7), true});
    CHECK(asked_pieces(s, seed) == std::vector<std::uint32_t>{7});
    s.now += std::chrono::milliseconds(300);
    s.on(tick{});
    CHECK(asked_pieces(s, seed).size() > 1);
  }
  SUBCASE("and a choke makes the advice void") {
    s.say(seed, wire::choke{});
    s.say(seed, wire::suggest_piece{piece_index(3)});
    s.say(seed, wire::unchoke{});
    const auto asked = asked_pieces(s, seed);
    CHECK(asked.back() == 3);
  }
}

TEST_CASE("what was asked for and is on its way does not keep a peer from more advice") {
  script s(seeder_of(200, 16 * 1024));
  const auto a = s.join(2);
  s.join(3);
  s.say(a, wire::have_none{});
  s.say(a, wire::interested{});
  for (std::size_t n = 0; n < 150; ++n) {
    const auto so_far = advised(s, a);
    REQUIRE(so_far.size() > n);
    s.say(a, wire::request{block(so_far[n], 0)});
  }
}

TEST_CASE("a lone peer chooses for itself") {
  script s(seeder_of(4, mib));
  const auto a = s.join(2);
  s.say(a, wire::have_none{});
  s.say(a, wire::interested{});
  CHECK(advised(s, a).empty());
  const auto b = s.join(3);
  s.say(b, wire::have_none{});
  s.say(b, wire::interested{});
  CHECK(advised(s, b).size() == 1);
  s.say(a, wire::request{block(0, 0)});
  s.say(a, wire::request{block(0, 1)});
  CHECK(!advised(s, a).empty());
}

TEST_CASE("first copies go out before second ones") {
  auto setup = seeder_of(4, mib);
  setup.settings.upload_ahead_bytes_max = 1;  // one block at a time
  script s(std::move(setup));
  const auto a = s.join(2), b = s.join(3);
  for (const auto key : {a, b}) {
    s.say(key, wire::have_none{});
    s.say(key, wire::interested{});
  }
  const auto mine = advised(s, a)[0], its = advised(s, b)[0];
  s.say(a, wire::request{block(mine, 0)});  // is loaded at once; the others wait
  s.say(a, wire::request{block(its, 0)});
  s.say(b, wire::request{block(mine, 0)});
  s.say(b, wire::request{block(its, 0)});
  s.say(a, wire::request{block(mine, 1)});
  std::vector<std::pair<peer_key, std::uint32_t>> order;
  for (std::size_t n = 0; n < 5; ++n) {
    const auto loads = s.all<load>();
    REQUIRE(loads.size() == n + 1);
    order.emplace_back(loads[n].key, loads[n].block.piece.value());
    const block_loaded done{loads[n].key, loads[n].block, true};
    s.on(blocks_loaded{std::span(&done, 1)});
    s.on(sent{loads[n].key, block_bytes});
  }
  const auto first_copy = [&](const auto& one) { return one.second == (one.first == a ? mine : its); };
  CHECK(std::ranges::is_partitioned(order, first_copy));
  CHECK(std::ranges::count_if(order, first_copy) == 3);
}

TEST_CASE("what a choke kept from going out is a first copy still") {
  auto setup = seeder_of(2, mib);
  setup.settings.upload_ahead_bytes_max = 1;
  setup.settings.upload_slots = 1;
  script s(std::move(setup));
  const auto a = s.join(2), b = s.join(3);
  for (const auto key : {a, b}) {
    s.say(key, wire::have_none{});
    s.say(key, wire::interested{});
  }
  const auto mine = advised(s, a)[0], its = 1 - mine;
  for (std::uint32_t n = 0; n < 63; ++n) {  // not all, so that it keeps its slot
    s.say(a, wire::request{block(mine, n)});
  }
  const auto turns = [&](std::size_t chokes, std::size_t unchokes) {
    for (int n = 0; n < 100 && (s.said_to<wire::choke>(a).size() < chokes ||
                                s.said_to<wire::unchoke>(a).size() < unchokes);
         ++n) {
      for (const auto key : {a, b}) {
        s.say(key, wire::keep_alive{});
      }
      s.now += seconds(10);
      s.on(tick{});
    }
  };
  s.say(b, wire::have{piece_index(its)});
  turns(1, 1);
  REQUIRE(s.said_to<wire::choke>(a).size() == 1);
  turns(1, 2);
  REQUIRE(s.said_to<wire::unchoke>(a).size() == 2);
  CHECK(advised(s, a).back() == mine);  // it was told again
  s.say(a, wire::request{block(its, 0)});
  s.say(a, wire::request{block(mine, 5)});
  REQUIRE(s.all<load>().size() == 1);
  const block_loaded done{a, s.all<load>()[0].block, true};
  s.on(blocks_loaded{std::span(&done, 1)});
  REQUIRE(s.all<load>().size() == 2);
  CHECK(s.all<load>()[1].block == block(mine, 5));
}

TEST_CASE("who asked for its piece hands the slot on, and gets what it asked for") {
  auto setup = seeder_of(8, mib);
  setup.settings.upload_ahead_bytes_max = 1;  // one block at a time
  setup.settings.upload_slots = 1;
  script s(std::move(setup));
  std::vector<peer_key> peers{s.join(2), s.join(3), s.join(4)};
  for (const auto key : peers) {
    s.say(key, wire::have_none{});
    s.say(key, wire::interested{});
  }
  const auto has_slot = [&](std::size_t n) {
    return s.said_to<wire::unchoke>(peers[n]).size() > s.said_to<wire::choke>(peers[n]).size();
  };
  const auto ask_for_its_piece = [&](std::size_t n) {
    for (std::uint32_t nth = 0; nth < 64; ++nth) {
      s.say(peers[n], wire::request{block(advised(s, peers[n]).at(0), nth)});
    }
  };
  REQUIRE(has_slot(0));
  ask_for_its_piece(0);
  CHECK_FALSE(has_slot(0));
  CHECK(s.said_to<wire::reject_request>(peers[0]).empty());
  if (has_slot(2)) {
    std::swap(peers[1], peers[2]);  // chance chose between the two
  }
  REQUIRE(has_slot(1));
  REQUIRE(advised(s, peers[1]).size() == 1);
  ask_for_its_piece(1);
  std::size_t loads = 0;
  std::map<peer_key, int> got;
  const auto serve_one = [&](bool well) {
    const auto next = s.all<load>().at(loads++);
    const block_loaded done{next.key, next.block, well};
    s.on(blocks_loaded{std::span(&done, 1)});
    if (well) {
      s.on(sent{next.key, block_bytes});
      ++got[next.key];
    }
  };
  while (has_slot(1)) {  // so many are served besides as there are slots, and no more
    serve_one(true);
  }
  CHECK(std::max(got[peers[0]], got[peers[1]]) == 64);
  CHECK(got[peers[0]] >= 48);
  REQUIRE(has_slot(2));
  SUBCASE("also when the rest is not wanted any more") {
    ask_for_its_piece(2);
    CHECK(has_slot(2));
    for (const std::size_t n : {0U, 1U}) {
      for (std::uint32_t nth = 0; nth < 64; ++nth) {
        s.say(peers[n], wire::cancel{block(advised(s, peers[n]).at(0), nth)});
      }
    }
    while (has_slot(2)) {
      serve_one(false);
    }
    CHECK((has_slot(0) || has_slot(1)));
  }
}

TEST_CASE("who asks for a block of every piece has not everything meant for it") {
  script s(seeder_of(100, 64 * 1024));
  const auto greedy = s.join(2), b = s.join(3);
  s.say(greedy, wire::have_none{});
  s.say(greedy, wire::interested{});
  for (std::uint32_t piece = 0; piece < 100; ++piece) {
    s.say(greedy, wire::request{block(piece, 0)});
  }
  s.say(b, wire::have_none{});
  s.say(b, wire::interested{});
  CHECK(advised(s, b).size() == 16);
}

TEST_CASE("a piece that a peer asks for and nobody has is meant for that peer") {
  script s(seeder_of(3, mib));
  const auto a = s.join(2), b = s.join(3);
  s.say(a, wire::have_none{});
  s.say(a, wire::interested{});
  const auto for_a = advised(s, a)[0];
  const auto taken = (for_a + 1) % 3;
  s.say(a, wire::request{block(taken, 0)});
  s.say(b, wire::have_none{});
  s.say(b, wire::interested{});
  REQUIRE(advised(s, b).size() == 1);
  CHECK(advised(s, b)[0] == 3 - for_a - taken);
}

}  // namespace
}  // namespace shoal::swarm
