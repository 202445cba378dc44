// Pieces that peers tell they have lost (BEP 54).

#include <algorithm>
#include <vector>

#include <doctest/doctest.h>

#include <shoal/wire/extension.hpp>

#include "swarm/script.hpp"

namespace shoal::swarm {
namespace {

constexpr std::uint32_t pieces = 3;

struct one_core : driven<torrent_core> {
  one_core() : driven(setup()) { on(start{}); }

  static core_setup setup() {
    auto out = script::setup(false, {});
    out.geometry = piece::geometry(pieces * piece_length, piece_length);
    out.have = bitfield(pieces);
    return out;
  }
  void lose(peer_key key, std::uint32_t piece) {
    say(key, wire::extended{wire::our_lt_donthave_id, wire::encode_dont_have(piece_index(piece))});
  }
  /// A seed that unchoked us.
  peer_key join(bool fast) {
    const auto key =
        join_from({ip_address::v4({10, 0, 0, static_cast<std::uint8_t>(last_key + 1)}), 1000}, fast, true);
    say(key, wire::bitfield_bits{bitfield(pieces, true).to_wire()});
    say(key, wire::unchoke{});
    return key;
  }
  /// Pieces of which `key` was asked for blocks since the last call, each once.
  std::vector<std::uint32_t> asked_of(peer_key key) {
    std::vector<std::uint32_t> out;
    for (const auto& r : said_to<wire::request>(key)) {
      if (std::ranges::find(out, r.block.piece.value()) == out.end()) {
        out.push_back(r.block.piece.value());
      }
    }
    actions.clear();
    return out;
  }
};

TEST_CASE("we tell peers that we understand the loss of pieces") {
  one_core c;
  const auto key = c.join(true);
  const auto hello = wire::decode_extension_handshake(c.said_to<wire::extended>(key)[0].payload);
  REQUIRE(hello.has_value());
  CHECK(hello->id_of(wire::lt_donthave) == wire::our_lt_donthave_id);
}

TEST_CASE("a lost piece is asked of others, and had again when it is told of") {
  one_core c;
  const auto a = c.join(false);
  const auto first = c.asked_of(a);
  REQUIRE_FALSE(first.empty());
  const auto lost = first.front();
  c.lose(a, lost);
  CHECK(c.core.pieces().availability(piece_index(lost)) == 0);
  c.now += std::chrono::seconds(2);
  c.on(tick{});
  const auto again = c.asked_of(a);
  CHECK(std::ranges::find(again, lost) == again.end());
  const auto b = c.join(true);
  const auto others = c.asked_of(b);
  CHECK(std::ranges::find(others, lost) != others.end());
  c.say(a, wire::have{piece_index(lost)});
  CHECK(c.core.pieces().availability(piece_index(lost)) == 2);
}

TEST_CASE("losing what one never had means nothing, and what does not exist is a violation") {
  one_core c;
  const auto a = c.join(true);
  c.lose(a, 1);
  c.lose(a, 1);
  CHECK(c.core.pieces().availability(piece_index(1)) == 0);
  CHECK_FALSE(c.dropped(a));
  c.say(a, wire::extended{wire::our_lt_donthave_id, {std::byte{1}}});
  CHECK_FALSE(c.dropped(a));
  c.lose(a, pieces);
  CHECK(c.dropped(a) == drop_reason::protocol_violation);
}

TEST_CASE("a peer that loses pieces over and over is dropped") {
  one_core c;
  const auto a = c.join(true);
  int losses = 0;
  while (!c.dropped(a) && losses < 1000) {
    c.lose(a, 0);
    if (!c.dropped(a)) c.say(a, wire::have{piece_index(0)});
    ++losses;
  }
  CHECK(losses > 20);
  CHECK(losses < 1000);
}

}  // namespace
}  // namespace shoal::swarm
