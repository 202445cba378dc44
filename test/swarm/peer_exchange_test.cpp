// Whom peers are told of, and whom they are believed to know.

#include <set>

#include <doctest/doctest.h>

#include <shoal/wire/extension.hpp>
#include <shoal/wire/pex_message.hpp>

#include "swarm/script.hpp"

namespace shoal::swarm {
namespace {

constexpr std::uint8_t their_id = 9;

ip_address host(std::uint8_t a, std::uint8_t b) {
  return ip_address::v4({80, 0, a, b});
}

struct gathering : driven<torrent_core> {
  explicit gathering(bool is_private = false) : driven(setup(is_private)) { on(start{}); }

  static core_setup setup(bool is_private) {
    auto out = script::setup(false, {});
    out.settings.peers_max = 500;
    out.is_private = is_private;
    return out;
  }
  using driven::say;
  void say(peer_key key, const wire::pex_message& m) {
    say(key, wire::extended{wire::our_ut_pex_id, wire::encode(m)});
  }
  peer_key join(const ip_address& address, bool speaks_pex = true, bool outgoing = true) {
    const auto key = join_from({address, 6881}, true, true, outgoing);
    if (speaks_pex) {
      wire::extension_handshake hello;
      hello.ids = {{"ut_pex", their_id}};
      say(key, wire::extended{0, wire::encode(hello)});
    }
    return key;
  }
  /// What `key` was told since the last call.
  std::vector<wire::pex_message> told(peer_key key) {
    std::vector<wire::pex_message> out;
    for (const auto& m : said_to<wire::extended>(key)) {
      if (m.id == their_id) {
        out.push_back(wire::decode_pex_message(m.payload).value());
      }
    }
    actions.clear();
    return out;
  }
  std::vector<endpoint> connecting() const {
    std::vector<endpoint> out;
    for (const auto& c : all<connect>()) {
      out.push_back(c.remote);
    }
    return out;
  }
  void pass(duration d) {
    now += d;
    on(tick{});
  }
};

TEST_CASE("a peer is told whom we met and lost, once, and at most once a minute") {
  gathering g;
  const auto a = g.join(host(1, 1));
  const auto b = g.join(host(1, 2), false);
  g.join(*ip_address::parse("2001:db8::7"), false);
  g.pass(seconds(1));
  auto told = g.told(a);
  REQUIRE(told.size() == 1);
  CHECK(told[0].added ==
        std::vector<wire::pex_peer>{{{host(1, 2), 6881}, wire::pex_peer::reachable},
                                    {{*ip_address::parse("2001:db8::7"), 6881}, wire::pex_peer::reachable}});
  CHECK(told[0].dropped.empty());
  g.on(peer_left{b});
  g.join(host(1, 4), false);
  const auto passing = g.join(host(1, 5), false);
  g.on(peer_left{passing});  // met and lost between two messages: not worth a word
  for (int s = 0; s < 59; ++s) {
    g.pass(seconds(1));
  }
  CHECK(g.told(a).empty());
  g.pass(seconds(1));
  told = g.told(a);
  REQUIRE(told.size() == 1);
  CHECK(told[0].added == std::vector<wire::pex_peer>{{{host(1, 4), 6881}, wire::pex_peer::reachable}});
  CHECK(told[0].dropped == std::vector<endpoint>{{host(1, 2), 6881}});
  for (int s = 0; s < 200; ++s) {
    g.pass(seconds(1));
  }
  CHECK(g.told(a).empty());  // nothing new
}

TEST_CASE("a peer is told at most fifty at a time, and the others later") {
  gathering g;
  std::set<endpoint> everybody;
  for (std::uint8_t n = 0; n < 120; ++n) {
    g.join(host(2, n), false);
    everybody.insert({host(2, n), 6881});
  }
  const auto key = g.join(host(1, 1));
  for (const std::size_t expected : {50U, 50U, 20U}) {
    g.pass(seconds(60));
    const auto told = g.told(key);
    REQUIRE(told.size() == 1);
    CHECK(told[0].added.size() == expected);
    for (const auto& p : told[0].added) {
      CHECK(everybody.erase(p.endpoint) == 1);
    }
  }
  CHECK(everybody.empty());
}

TEST_CASE("who cannot be connected to, and whom the other cannot reach, is not told of") {
  gathering g;
  const auto key = g.join(host(1, 1));
  g.join(host(1, 2), false, false);                            // came to us and told no port
  g.join(ip_address::v4({192, 168, 0, 7}), false);             // of our own network
  const auto near = g.join(ip_address::v4({192, 168, 0, 8}));  // there, it is of use
  g.pass(seconds(1));
  const auto actions = g.actions;
  CHECK(g.told(key).empty());
  g.actions = actions;
  const auto told = g.told(near);
  REQUIRE(told.size() == 1);
  CHECK(told[0].added.size() == 2);
}

TEST_CASE("peers that a peer tells of are connected to, private addresses only from private ones") {
  gathering g;
  const auto key = g.join(host(1, 1));
  g.say(key, wire::pex_message{{{{host(3, 3), 7000}, 0},
                                {{ip_address::v4({10, 0, 0, 1}), 7000}, 0},
                                {{ip_address::v4({127, 0, 0, 1}), 7000}, 0},
                                {{*ip_address::parse("fe80::1"), 7000}, 0},
                                {{host(3, 4), 0}, 0},
                                {{ip_address::v4({224, 0, 0, 1}), 7000}, 0}},
                               {}});
  CHECK(g.connecting() == std::vector<endpoint>{{host(3, 3), 7000}});
  const auto near = g.join(ip_address::v4({192, 168, 0, 8}));
  g.say(near, wire::pex_message{{{{ip_address::v4({10, 0, 0, 1}), 7000}, 0}}, {}});
  CHECK(g.connecting().size() == 2);
}

TEST_CASE("a flood of peers is not taken") {
  gathering g;
  const auto key = g.join(host(1, 1));
  std::size_t seen = 0;
  for (int n = 0; n < 3600; ++n) {  // an hour of it
    wire::pex_message m;
    for (std::uint8_t i = 0; i < 100; ++i) {
      m.added.push_back(
          {{ip_address::v4({90, static_cast<std::uint8_t>(n >> 8), static_cast<std::uint8_t>(n), i}), 1}, 0});
    }
    g.say(key, m);
    for (const auto& who : g.connecting()) {
      ++seen;
      g.on(connect_failed{who});
    }
    const bool dropped = std::any_of(g.actions.begin(), g.actions.end(),
                                     [](const action& a) { return std::holds_alternative<drop>(a); });
    g.actions.clear();
    if (dropped) {
      break;
    }
    g.pass(seconds(1));
  }
  CHECK(g.core.peers().empty());  // it went, for talking far too often
  CHECK(seen <= 600);             // each of 200 and what came since, and some tries again
}

TEST_CASE("one address cannot fill the book, however often it comes back") {
  pex_intake intake;
  std::vector<endpoint> out;
  wire::pex_message m;
  for (std::uint8_t i = 0; i < 200; ++i) {
    m.added.push_back({{host(4, i), 1}, 0});
  }
  instant now{seconds(1000)};
  CHECK(intake.take(now, host(1, 1), m, out));
  CHECK(out.size() == 200);
  CHECK_FALSE(intake.take(now + seconds(29), host(1, 1), m, out));
  CHECK(intake.take(now + seconds(60), host(1, 1), m, out));
  CHECK(out.size() == 206);
  CHECK(intake.take(now + seconds(61), host(1, 2), m, out));
  CHECK(out.size() == 406);
}

TEST_CASE("a private torrent exchanges no peers") {
  gathering g(true);
  const auto key = g.join(host(1, 1));
  g.join(host(1, 2), false);
  g.pass(seconds(60));
  g.say(key, wire::pex_message{{{{host(3, 3), 7000}, 0}}, {}});
  CHECK(g.connecting().empty());
  CHECK(g.told(key).empty());
}

}  // namespace
}  // namespace shoal::swarm
