// Three who bring two of them together (BEP 55), each played by a core in turn.

#include <doctest/doctest.h>

#include <shoal/wire/extension.hpp>
#include <shoal/wire/holepunch_message.hpp>
#include <shoal/wire/pex_message.hpp>

#include "swarm/script.hpp"

namespace shoal::swarm {
namespace {

using message = wire::holepunch_message;
using kind = message::kind;
using reason = message::reason;
constexpr std::uint8_t their_id = 7;

ip_address host(std::uint8_t n) {
  return ip_address::v4({80, 0, 0, n});
}

struct meeting : driven<torrent_core> {
  explicit meeting(bool is_private = false, const core_settings& settings = {})
      : driven(setup(is_private, settings)) {
    on(start{});
  }

  static core_setup setup(bool is_private, const core_settings& settings) {
    auto s = script::setup(false, settings);
    s.is_private = is_private;
    s.listen_port = 6881;
    return s;
  }
  /// Of one that listens at `port`, when that is not 0.
  peer_key join(const ip_address& address, bool speaks_it = true, std::uint16_t port = 0) {
    const auto key = join_from({address, 50000}, true, true);
    wire::extension_handshake hello;
    hello.ids = {{"ut_pex", 8}};
    if (speaks_it) hello.ids.emplace("ut_holepunch", their_id);
    if (port != 0) hello.listen_port = port;
    say(key, wire::extended{0, wire::encode(hello)});
    return key;
  }
  using driven::say;
  void say(peer_key key, const message& m) {
    say(key, wire::extended{wire::our_ut_holepunch_id, wire::encode(m)});
  }
  std::vector<message> told(peer_key key) const {
    std::vector<message> out;
    for (const auto& m : said_to<wire::extended>(key)) {
      if (m.id == their_id) out.push_back(wire::decode_holepunch_message(m.payload).value());
    }
    return out;
  }
  std::size_t dialled(const endpoint& who) const {
    std::size_t n = 0;
    for (const auto& c : all<connect>()) {
      n += c.remote == who ? 1 : 0;
    }
    return n;
  }
};

TEST_CASE("a relay tells both to connect, each at the place where the other listens") {
  meeting m;
  const auto asking = m.join(host(1), true, 1111), asked = m.join(host(2), true, 2222);
  SUBCASE("named by where it listens") {
    m.say(asking, {kind::rendezvous, {host(2), 2222}});
  }
  SUBCASE("named by where it comes from") {
    m.say(asking, {kind::rendezvous, {host(2), 50000}});
  }
  CHECK(m.told(asking) == std::vector<message>{{kind::connect, {host(2), 2222}}});
  CHECK(m.told(asked) == std::vector<message>{{kind::connect, {host(1), 1111}}});
}

TEST_CASE("a relay says why it cannot") {
  meeting m;
  const auto asking = m.join(host(1), true, 1111);
  m.join(host(2), false, 2222);
  const auto ours = ip_address::v4({81, 0, 0, 1});
  for (std::uint8_t n = 11; n <= 12; ++n) {
    wire::extension_handshake hello;
    hello.your_address = ours;
    m.say(m.join_from({host(n), 1}, true, true), wire::extended{0, wire::encode(hello)});
  }
  m.join(ip_address::v4({10, 0, 0, 5}), true, 5555);
  const struct {
    endpoint target;
    reason why;
  } rows[] = {
      {{host(9), 9999}, reason::not_connected},
      {{host(2), 2222}, reason::no_support},
      {{ours, 6881}, reason::no_self},
      {{host(1), 1111}, reason::no_such_peer},
      {{host(3), 0}, reason::no_such_peer},
      {{ip_address(), 1}, reason::no_such_peer},
      {{ip_address::v4({224, 0, 0, 1}), 1}, reason::no_such_peer},
      {{ip_address::v4({10, 0, 0, 5}), 5555},
       reason::not_connected},  // it is in our network, who asks is not
  };
  std::vector<message> expected;
  for (const auto& row : rows) {
    m.say(asking, {kind::rendezvous, row.target});
    expected.push_back({kind::error, row.target, row.why});
  }
  CHECK(m.told(asking) == expected);
}

TEST_CASE("who does not speak it, and everybody in a private torrent, is ignored") {
  for (const bool is_private : {true, false}) {
    meeting m(is_private);
    const auto asking = m.join(host(1), is_private, 1111), asked = m.join(host(2), true, 2222);
    m.say(asking, {kind::rendezvous, {host(2), 2222}});
    m.say(asking, {kind::connect, {host(7), 7777}});
    CHECK(m.told(asking).empty());
    CHECK(m.told(asked).empty());
    CHECK(m.all<connect>().empty());
  }
}

TEST_CASE("a peer may ask for so many, and then for one in a while") {
  meeting m;
  const auto asking = m.join(host(1), true, 1111);
  const auto ask = [&] { m.say(asking, {kind::rendezvous, {host(9), 9999}}); };
  for (int n = 0; n < 30; ++n) {
    ask();
  }
  CHECK(m.told(asking).size() == 10);
  m.now += seconds(10);
  ask();
  ask();
  CHECK(m.told(asking).size() == 11);
}

TEST_CASE("who is told to connect does, within bounds") {
  meeting m;
  const auto relay = m.join(host(1), true, 1111);
  const endpoint other{host(2), 2222};
  m.say(relay, {kind::connect, other});
  CHECK(m.dialled(other) == 1);
  SUBCASE("not twice at a time, but again after a failure, without waiting") {
    m.say(relay, {kind::connect, other});
    CHECK(m.dialled(other) == 1);
    m.on(connect_failed{other});
    m.say(relay, {kind::connect, other});
    CHECK(m.dialled(other) == 2);
  }
  SUBCASE("not to one that is connected, nor to our own network on a stranger's word") {
    m.join(host(3), true, 3333);
    m.say(relay, {kind::connect, {host(3), 3333}});
    m.say(relay, {kind::connect, {ip_address::v4({10, 0, 0, 5}), 5555}});
    m.say(relay, {kind::connect, {ip_address::v4({127, 0, 0, 1}), 22}});
    CHECK(m.all<connect>().size() == 1);
  }
  SUBCASE("not to one port after another") {
    for (std::uint16_t port = 1; port <= 100; ++port) {
      m.say(relay, {kind::connect, {host(9), port}});
      m.on(connect_failed{{host(9), port}});
    }
    CHECK(m.all<connect>().size() == 10);
  }
  SUBCASE("nor for many relays together") {
    for (std::uint8_t n = 20; n < 40; ++n) {
      const auto key = m.join(host(n), true, 1);
      for (std::uint16_t port = 1; port <= 10; ++port) {
        m.say(key, {kind::connect, {host(9), static_cast<std::uint16_t>(100 * n + port)}});
        m.on(connect_failed{{host(9), static_cast<std::uint16_t>(100 * n + port)}});
      }
    }
    CHECK(m.all<connect>().size() == 20);
  }
}

TEST_CASE("who cannot be connected to is asked for at the peer that told of it, once") {
  meeting m;
  const auto relay = m.join(host(1), true, 1111);
  wire::pex_message told;
  told.added = {{{host(2), 2222}, wire::pex_peer::holepunch}, {{host(3), 3333}, 0}};
  m.say(relay, wire::extended{wire::our_ut_pex_id, wire::encode(told)});
  m.on(connect_failed{{host(3), 3333}});
  CHECK(m.told(relay).empty());
  m.on(connect_failed{{host(2), 2222}});
  CHECK(m.told(relay) == std::vector<message>{{kind::rendezvous, {host(2), 2222}}});
  m.say(relay, {kind::connect, {host(2), 2222}});
  CHECK(m.dialled({host(2), 2222}) == 2);
  m.on(connect_failed{{host(2), 2222}});
  CHECK(m.told(relay).size() == 1);
}

TEST_CASE("nobody is remembered as the way to a peer for which the address book has no room") {
  core_settings narrow;
  narrow.book.entries_max = 2;  // the relay, and one more
  meeting m(false, narrow);
  const auto relay = m.join(host(1), true, 1111);
  wire::pex_message told;
  told.added = {{{host(2), 2222}, wire::pex_peer::holepunch}, {{host(3), 3333}, wire::pex_peer::holepunch}};
  m.say(relay, wire::extended{wire::our_ut_pex_id, wire::encode(told)});
  CHECK(m.dialled({host(3), 3333}) == 0);
  m.on(connect_failed{{host(3), 3333}});
  CHECK(m.told(relay).empty());
  m.on(connect_failed{{host(2), 2222}});
  CHECK(m.told(relay) == std::vector<message>{{kind::rendezvous, {host(2), 2222}}});
}

TEST_CASE("a peer that speaks it is told of with the flag") {
  meeting m;
  const auto hearer = m.join(host(1), false, 1111);
  m.join(host(2), true, 2222);
  m.now += seconds(1);
  m.on(tick{});
  std::vector<wire::pex_peer> added;
  for (const auto& e : m.said_to<wire::extended>(hearer)) {
    if (e.id == 8) added = wire::decode_pex_message(e.payload)->added;
  }
  CHECK(added == std::vector<wire::pex_peer>{{{host(2), 2222}, wire::pex_peer::holepunch}});
}

}  // namespace
}  // namespace shoal::swarm
