// What the tracker answers to datagrams, without a socket.

#include "server/udp_answerer.hpp"

#include <array>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <shoal/base/rng.hpp>

#include "server/swarm_shards.hpp"

using namespace shoal;
using namespace shoal::server;
namespace udp = shoal::announce::udp;

namespace {

instant at(double seconds) {
  return instant(from_seconds(seconds));
}

ip_address host(std::uint8_t n) {
  return ip_address::v4({10, 0, 0, n});
}
ip_address host6(std::uint8_t n) {
  return ip_address::v6({0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, n});
}

sha1_digest torrent(std::uint8_t n) {
  sha1_digest d;
  d.bytes.fill(static_cast<std::byte>(n));
  return d;
}

struct tracker {
  swarm_shards swarms;
  mutable admission door_keeper;
  udp_answerer answerer;

  explicit tracker(const registry::table_settings& s = {}, std::uint32_t requests_per_s_max = 0)
      : swarms(s, 5), door_keeper(requests_per_s_max, 6), answerer(swarms, door_keeper, {3, 4}) {}

  /// Empty when there is none.
  std::vector<std::byte> ask(byte_view datagram, const ip_address& from, double when = 0) const {
    std::array<std::byte, udp_reply_bytes_max> room{};
    const auto answer = answerer.reply(datagram, from, at(when), room);
    return {room.begin(), room.begin() + static_cast<std::ptrdiff_t>(answer.bytes)};
  }
  std::uint64_t connect(const ip_address& from, double when = 0) const {
    const auto reply = udp::parse_reply(ask(udp::connect_datagram(7), from, when), from.is_v6());
    const auto& r = std::get<udp::connect_reply>(reply.value());
    CHECK(r.transaction_id == 7);
    return r.connection_id;
  }
  udp::reply announce(const ip_address& from, std::uint16_t port, std::uint64_t left = 1,
                      std::optional<std::uint32_t> num_want = {}, std::uint8_t n = 1) const {
    announce::announce_request r;
    r.info_hash = torrent(n);
    r.port = port;
    r.left = left;
    r.num_want = num_want;
    const auto reply = ask(udp::announce_datagram(connect(from), 8, r), from);
    return udp::parse_reply(reply, from.is_v6()).value();
  }
};

const announce::announce_response& response(const udp::reply& r) {
  REQUIRE(std::holds_alternative<udp::announce_reply>(r));
  CHECK(std::get<udp::announce_reply>(r).transaction_id == 8);
  return std::get<udp::announce_reply>(r).response;
}

}  // namespace

TEST_CASE("an announce by UDP is answered with counts and peers of its own family") {
  const tracker t;
  t.announce(host(1), 1001, 0);
  t.announce(host6(1), 1002);
  const auto reply = response(t.announce(host(2), 1003));
  CHECK(reply.complete == 1U);
  CHECK(reply.incomplete == 2U);
  CHECK(reply.interval_s >= 100);
  CHECK(reply.peers == std::vector<announce::announced_peer>{{{host(1), 1001}, {}}});
  const auto reply6 = response(t.announce(host6(2), 1004));
  CHECK(reply6.peers == std::vector<announce::announced_peer>{{{host6(1), 1002}, {}}});
}

TEST_CASE("a reply is as long as peers are wanted, and fits a datagram that passes everywhere") {
  registry::table_settings s;
  s.num_want_max = 5000;
  const tracker t(s);
  for (std::uint16_t port = 1; port <= 400; ++port) {
    t.announce(host(1), port);
    t.announce(host6(1), port);
  }
  CHECK(response(t.announce(host(2), 1, 1, 30)).peers.size() == 30);
  CHECK(response(t.announce(host(2), 1, 1, 0)).peers.empty());
  CHECK(response(t.announce(host(2), 1)).peers.size() == 50);
  CHECK(response(t.announce(host(2), 1, 1, 4000)).peers.size() == 202);
  CHECK(response(t.announce(host6(2), 1, 1, 4000)).peers.size() == 67);
}

TEST_CASE("a scrape by UDP counts in the order it was asked") {
  const tracker t;
  t.announce(host(1), 1, 0, {}, 1);
  t.announce(host(1), 1, 5, {}, 2);
  const std::vector<sha1_digest> hashes{torrent(2), torrent(9), torrent(1)};
  const auto reply = t.ask(udp::scrape_datagram(t.connect(host(3)), 11, hashes), host(3));
  CHECK(std::get<udp::scrape_reply>(udp::parse_reply(reply, false).value()) ==
        udp::scrape_reply{11, {{0, 0, 1}, {0, 0, 0}, {1, 0, 0}}});
  const std::vector<sha1_digest> many(74);
  CHECK(t.ask(udp::scrape_datagram(t.connect(host(3)), 11, many), host(3)).size() == 8 + 74 * 12);
}

TEST_CASE("nobody announces for another address, nor with an id of two minutes ago") {
  const tracker t;
  announce::announce_request r;
  r.port = 6881;
  const auto id = t.connect(host(1), 1000);
  const auto is_refused = [&](const ip_address& from, double when) {
    const auto datagram = udp::announce_datagram(id, 8, r);
    const auto reply = t.ask(datagram, from, when);
    CHECK(reply.size() <= datagram.size());
    const auto parsed = udp::parse_reply(reply, from.is_v6()).value();
    return std::holds_alternative<udp::error_reply>(parsed);
  };
  CHECK(is_refused(host(2), 1000));
  CHECK(is_refused(host6(1), 1000));
  CHECK(is_refused(host(1), 1122));
  CHECK(t.swarms.totals().announces == 0);
  CHECK_FALSE(is_refused(host(1), 1119));
  CHECK(t.swarms.totals().seeders == 1);
}

TEST_CASE("without a good id no reply is longer than its request, whatever that is") {
  const tracker t;
  rng chance(9);
  std::vector<std::vector<std::byte>> datagrams{udp::connect_datagram(1), udp::announce_datagram(2, 3, {}),
                                                udp::scrape_datagram(2, 3, std::vector<sha1_digest>(74))};
  for (int i = 0; i < 20'000; ++i) {
    auto datagram = datagrams[static_cast<std::size_t>(chance.below(datagrams.size()))];
    datagram.resize(static_cast<std::size_t>(chance.below(datagram.size() + 20)));
    if (!datagram.empty()) {
      datagram[static_cast<std::size_t>(chance.below(datagram.size()))] =
          static_cast<std::byte>(chance.next());
    }
    REQUIRE(t.ask(datagram, host(1)).size() <= datagram.size());
  }
  CHECK(t.swarms.totals().announces == 0);
}

TEST_CASE("what is no request is not answered, so that no two servers talk for ever") {
  const tracker t;
  const std::string noise = "d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe";
  CHECK(t.ask(as_bytes(noise), host(1)).empty());
  CHECK(t.ask({}, host(1)).empty());
  std::array<std::byte, 400> room{};
  span_writer out(room);
  udp::write_error_reply(1, "no, you", out);
  CHECK(t.ask(out.written(), host(1)).empty());
}

TEST_CASE("a tracker that is full says so") {
  registry::table_settings s;
  s.swarms_max = 1;  // one a table
  const tracker t(s);
  bool is_full = false;
  for (std::uint8_t n = 0; n < 200 && !is_full; ++n) {
    is_full = std::holds_alternative<udp::error_reply>(t.announce(host(1), 1, 1, {}, n));
  }
  CHECK(is_full);
}

TEST_CASE("the cap on peers is one of all tables together") {
  registry::table_settings s;
  s.peers_max = 10;
  const tracker t(s);
  for (std::uint8_t n = 0; n < 100; ++n) {
    t.announce(host(n), 1, 1, {}, n);
  }
  CHECK(t.swarms.totals().leechers == 10);
}

TEST_CASE("torrents that are not served are refused with a reason") {
  tracker t;
  std::size_t bad_line = 0;
  const auto list = registry::info_hash_list::parse(std::string(40, '1'), bad_line);
  REQUIRE(list.has_value());
  const auto is_served = [&](std::uint8_t n) {
    return std::holds_alternative<udp::announce_reply>(t.announce(host(1), 1, 1, {}, n));
  };
  CHECK(is_served(0x11));
  CHECK(is_served(0x22));
  t.door_keeper.serve(torrents_served::listed, *list);
  CHECK(is_served(0x11));
  CHECK_FALSE(is_served(0x22));
  t.door_keeper.serve(torrents_served::not_listed, *list);
  CHECK_FALSE(is_served(0x11));
  CHECK(is_served(0x22));
  t.door_keeper.serve(torrents_served::all, {});
  CHECK(is_served(0x11));
}

TEST_CASE("a source that asks too often is refused until it has waited") {
  const tracker t({}, 2);
  const auto is_answered = [&](const ip_address& from, double when) {
    announce::announce_request r;
    r.port = 1;
    const auto reply = t.ask(udp::announce_datagram(t.connect(from, when), 8, r), from, when);
    return std::holds_alternative<udp::announce_reply>(udp::parse_reply(reply, false).value());
  };
  for (int i = 0; i < 20; ++i) {
    CHECK(is_answered(host(1), 50));
  }
  CHECK_FALSE(is_answered(host(1), 50));
  CHECK(is_answered(host(2), 50));
  CHECK(is_answered(host(1), 51));
}
