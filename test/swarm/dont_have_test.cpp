// Pieces that peers tell they have lost (BEP 54).

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include <doctest/doctest.h>

#include <shoal/swarm/torrent_core.hpp>
#include <shoal/wire/extension.hpp>

namespace shoal::swarm {
namespace {

constexpr std::uint32_t piece_length = 64 * 1024;
constexpr std::uint32_t pieces = 3;

struct one_core {
  one_core() {
    core_setup setup;
    setup.geometry = piece::geometry(pieces * piece_length, piece_length);
    setup.our_id.bytes[0] = std::byte{1};
    setup.have = bitfield(pieces);
    setup.seed = 1;
    core = std::make_unique<torrent_core>(std::move(setup));
    on(start{});
  }
  void on(const event& e) {
    core->on(now, e);
    action a;
    while (core->poll(a)) {
      actions.push_back(a);
    }
    core->check();
  }
  void say(peer_key key, wire::message m) { on(received{key, std::span(&m, 1)}); }
  void lose(peer_key key, std::uint32_t piece) {
    say(key, wire::extended{wire::our_lt_donthave_id, wire::encode_dont_have(piece_index(piece))});
  }
  /// A seed that unchoked us.
  peer_key join(bool fast) {
    const peer_key key(++last_key);
    peer_joined e{
        key, {ip_address::v4({10, 0, 0, static_cast<std::uint8_t>(last_key)}), 1000}, {}, false, fast, true};
    e.id.bytes[1] = static_cast<std::byte>(last_key);
    on(e);
    say(key, wire::bitfield_bits{bitfield(pieces, true).to_wire()});
    say(key, wire::unchoke{});
    return key;
  }
  /// Pieces of which `key` was asked for blocks since the last call, each once.
  std::vector<std::uint32_t> asked_of(peer_key key) {
    std::vector<std::uint32_t> out;
    for (const auto& a : actions) {
      const auto* const s = std::get_if<send>(&a);
      const auto* const r = s != nullptr ? std::get_if<wire::request>(&s->message) : nullptr;
      if (r != nullptr && s->key == key && std::ranges::find(out, r->block.piece.value()) == out.end()) {
        out.push_back(r->block.piece.value());
      }
    }
    actions.clear();
    return out;
  }
  std::optional<drop_reason> dropped(peer_key key) const {
    for (const auto& a : actions) {
      const auto* const d = std::get_if<drop>(&a);
      if (d != nullptr && d->key == key) return d->reason;
    }
    return std::nullopt;
  }

  std::unique_ptr<torrent_core> core;
  instant now{std::chrono::seconds(100)};
  std::uint32_t last_key = 0;
  std::vector<action> actions;
};

TEST_CASE("we tell peers that we understand the loss of pieces") {
  one_core c;
  c.join(true);
  bool told = false;
  for (const auto& a : c.actions) {
    const auto* const s = std::get_if<send>(&a);
    const auto* const m = s != nullptr ? std::get_if<wire::extended>(&s->message) : nullptr;
    if (m != nullptr && m->id == 0) {
      told =
          wire::decode_extension_handshake(m->payload)->id_of(wire::lt_donthave) == wire::our_lt_donthave_id;
    }
  }
  CHECK(told);
}

TEST_CASE("a lost piece is asked of others, and had again when it is told of") {
  one_core c;
  const auto a = c.join(false);
  const auto first = c.asked_of(a);
  REQUIRE_FALSE(first.empty());
  const auto lost = first.front();
  c.lose(a, lost);
  CHECK(c.core->pieces().availability(piece_index(lost)) == 0);
  c.now += std::chrono::seconds(2);
  c.on(tick{});
  const auto again = c.asked_of(a);
  CHECK(std::ranges::find(again, lost) == again.end());
  const auto b = c.join(true);
  const auto others = c.asked_of(b);
  CHECK(std::ranges::find(others, lost) != others.end());
  c.say(a, wire::have{piece_index(lost)});
  CHECK(c.core->pieces().availability(piece_index(lost)) == 2);
}

TEST_CASE("losing what one never had means nothing, and what does not exist is a violation") {
  one_core c;
  const auto a = c.join(true);
  c.lose(a, 1);
  c.lose(a, 1);
  CHECK(c.core->pieces().availability(piece_index(1)) == 0);
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
