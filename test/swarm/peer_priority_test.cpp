// Whom a core dials first and whom it parts with, by BEP 40.

#include <algorithm>

#include <doctest/doctest.h>

#include <shoal/peer/peer_priority.hpp>
#include <shoal/wire/extension.hpp>

#include "swarm/script.hpp"

namespace shoal::swarm {
namespace {

const ip_address ours = ip_address::v4({81, 2, 3, 4});

endpoint far(std::uint8_t a) {
  return {ip_address::v4({90, a, 7, 7}), 6881};
}

struct crowded : script {
  explicit crowded(std::uint32_t peers_max) : script(setup(peers_max)) {}

  static core_setup setup(std::uint32_t peers_max) {
    auto s = script::setup(true, {});
    s.settings.peers_max = peers_max;
    s.settings.connect_until = 1;
    s.listen_port = 1000;
    return s;
  }
  peer_key join_far(std::uint8_t a, bool tells = true) {
    const auto key = join_from(far(a), true, true);
    if (tells) {
      wire::extension_handshake hello;
      hello.your_address = ours;
      say(key, wire::extended{0, wire::encode(hello)});
    }
    return key;
  }
  static std::uint32_t worth(std::uint8_t a) { return peer::peer_priority({ours, 1000}, far(a)); }
};

/// So many, those that are worth least first.
std::vector<std::uint8_t> by_worth(std::uint8_t n) {
  std::vector<std::uint8_t> out;
  for (std::uint8_t a = 1; a <= n; ++a) {
    out.push_back(a);
  }
  std::ranges::sort(out, {}, crowded::worth);
  return out;
}

TEST_CASE("when all places are taken the peer that is worth least gives way to one that is worth more") {
  const auto order = by_worth(6);
  crowded s(3);
  const auto middle = s.join_far(order[3]), least = s.join_far(order[1]), most = s.join_far(order[5]);
  SUBCASE("not before it had time to begin") {
    CHECK(s.dropped(s.join_far(order[4])) == drop_reason::too_many);
  }
  s.now += seconds(60);
  SUBCASE("the one that is worth least goes") {
    CHECK_FALSE(s.dropped(s.join_far(order[4])));
    CHECK(s.dropped(least) == drop_reason::too_many);
    CHECK_FALSE(s.dropped(middle));
    CHECK_FALSE(s.dropped(most));
  }
  SUBCASE("a newcomer that is worth less is turned away") {
    CHECK(s.dropped(s.join_far(order[0])) == drop_reason::too_many);
    CHECK_FALSE(s.dropped(least));
  }
  SUBCASE("who trades stays") {
    s.say(least, wire::have_none{});
    s.say(least, wire::interested{});
    s.say(least, wire::request{block(0, 0)});
    const block_loaded loaded{least, block(0, 0), true};
    s.on(blocks_loaded{std::span(&loaded, 1)});
    s.on(sent{least, block_bytes});
    CHECK_FALSE(s.dropped(s.join_far(order[4])));
    CHECK_FALSE(s.dropped(least));
    CHECK(s.dropped(middle) == drop_reason::too_many);
  }
}

TEST_CASE("who does not know its own address turns newcomers away") {
  const auto order = by_worth(6);
  crowded s(2);
  s.join_far(order[0], false);
  s.join_far(order[1], false);
  s.now += seconds(60);
  CHECK(s.dropped(s.join_far(order[5], false)) == drop_reason::too_many);
}

TEST_CASE("of those that are known the one that is worth most is dialled first") {
  const auto order = by_worth(6);
  auto setup = crowded::setup(50);
  setup.settings.connect_until = 3;
  setup.trackers = {{"http://t"}};
  script s(std::move(setup));
  announced a{s.all<announce_to>().back().ticket, true, {}};
  a.response.interval_s = 100;
  a.response.external_ip = ours;  // one witness
  s.on(a);
  wire::extension_handshake hello;
  hello.your_address = ours;
  s.say(s.join_from(far(99), true, true), wire::extended{0, wire::encode(hello)});
  std::vector<endpoint> found;
  for (const auto n : order) {
    found.push_back(far(n));
  }
  s.on(peers_found{found});
  const auto dialled = s.all<connect>();
  REQUIRE(dialled.size() == 2);
  CHECK(dialled[0].remote == far(order[5]));
  CHECK(dialled[1].remote == far(order[4]));
}

}  // namespace
}  // namespace shoal::swarm
