// Trackers that share their swarms through a real Redis server, which dies, hangs and forgets.

#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <thread>

#include <doctest/doctest.h>

#include <shoal/announce/announce.hpp>
#include <shoal/server/tracker_server.hpp>

#include "server/raw_client.hpp"
#include "server/redis_server.hpp"
#include "server/running_tracker.hpp"

using namespace shoal;
using namespace shoal::server;
using namespace shoal::server::test;
using namespace std::chrono_literals;

namespace {

struct tracker {
  tracker_server server;

  explicit tracker(const redis_address& store, std::uint32_t interval_s = 120)
      : server(sharing(store, interval_s)) {
    REQUIRE(server.start().has_value());
  }
  static tracker_settings sharing(const redis_address& store, std::uint32_t interval_s) {
    tracker_settings s;
    s.store = store;
    s.table.interval_s = interval_s;
    s.table.follow_keys = true;
    return on_loopback(std::move(s));
  }

  announce::announce_response announce(std::uint16_t port, const std::string& more = "", char torrent = 'x') {
    raw_client client(server.listening().front(), "127.0.0.2");
    const auto reply = client.get(announce_target(port, more, torrent));
    auto parsed = announce::parse_announce_response(as_bytes(reply.body));
    REQUIRE(parsed.has_value());
    REQUIRE(parsed->failure_reason.empty());
    return *parsed;
  }
  /// The ports of the torrent's peers, by an asker that is not remembered.
  std::set<std::uint16_t> peers(char torrent = 'x') {
    std::set<std::uint16_t> out;
    for (const auto& p : announce(0, "", torrent).peers) {
      out.insert(p.endpoint.port);
    }
    return out;
  }
  registry::table_totals totals() { return server.stats().table; }
  bool is_connected() { return server.stats().store->connected; }
};

template <class F>
void wait_until(F holds) {
  const auto end = std::chrono::steady_clock::now() + 60s;
  while (!holds()) {
    REQUIRE(std::chrono::steady_clock::now() < end);
    std::this_thread::sleep_for(5ms);
  }
}

using ports = std::set<std::uint16_t>;

}  // namespace

TEST_CASE("a store's address is read as people write it") {
  CHECK(redis_address::parse("redis://10.0.0.1") == redis_address{"10.0.0.1"});
  CHECK(redis_address::parse("redis://cache:1234/5") == redis_address{"cache", 1234, 5});
  CHECK(redis_address::parse("redis://[::1]:1/") == redis_address{"::1", 1});
  CHECK(redis_address::parse("redis://:a%40b@h") == redis_address{"h", 6379, 0, "", "a@b"});
  CHECK(redis_address::parse("redis://u:p@h:7")->to_string() == "redis://h:7/0");
  for (const char* bad :
       {"", "10.0.0.1:6379", "rediss://h", "http://h", "redis://", "redis://h:0", "redis://h:99999",
        "redis://h/x", "redis://h/1/2", "redis://h?x", "redis://h#x", "redis://h/-1"}) {
    CAPTURE(std::string(bad));
    CHECK_FALSE(redis_address::parse(bad).has_value());
  }
}

TEST_CASE("what one tracker is told, the other knows") {
  const redis_server redis("secret");
  tracker a(redis.address(), 20);
  tracker b(redis.address(), 20);
  a.announce(1);
  wait_until([&] { return b.peers() == ports{1}; });
  b.announce(2, "&key=1234");
  wait_until([&] { return a.peers() == ports{1, 2}; });

  SUBCASE("a peer that leaves there is gone here") {
    std::this_thread::sleep_for(1s);  // in a later tick, or either order might hold
    b.announce(1, "&event=stopped");
    wait_until([&] { return a.peers() == ports{2}; });
  }
  SUBCASE("a completion counts once everywhere") {
    raw_client(a.server.listening().front(), "127.0.0.2")
        .get(
            "/announce?info_hash=xxxxxxxxxxxxxxxxxxxx&peer_id=-XX0001-abcdefghijkl&port=1&left=0&event="
            "completed");
    wait_until([&] { return b.totals().seeders == 1; });
    CHECK(b.totals().completed == 1);
    CHECK(a.totals().completed == 1);
  }
  SUBCASE("a peer that moved is told of once") {
    b.announce(3, "&key=1234");
    wait_until([&] { return a.peers() == ports{1, 3}; });
  }
  SUBCASE("one that comes later knows all, and what the other knew outlives it") {
    a.server.stop();
    tracker c(redis.address(), 20);
    wait_until([&] { return c.peers() == ports{1, 2}; });
    b.announce(4);
    wait_until([&] { return c.peers() == ports{1, 2, 4}; });
  }
  SUBCASE("what was announced just before a stop is not lost") {
    a.announce(5);
    a.server.stop();
    wait_until([&] { return b.peers() == ports{1, 2, 5}; });
  }
}

TEST_CASE("while Redis is away all is answered, and after it came back, empty, all know all") {
  redis_server redis;
  tracker a(redis.address());
  auto b = std::make_unique<tracker>(redis.address());
  a.announce(1);
  b->announce(2);
  wait_until([&] { return a.peers() == ports{1, 2} && b->peers() == ports{1, 2}; });

  redis.kill();
  CHECK(a.announce(3).incomplete == 3U);
  CHECK(b->announce(4).incomplete == 3U);
  b->announce(2, "&event=stopped");
  wait_until([&] { return !a.is_connected() && !b->is_connected(); });
  CHECK(a.peers() == ports{1, 2, 3});
  redis.start();
  wait_until([&] { return a.peers() == ports{1, 3, 4} && b->peers() == ports{1, 3, 4}; });
  CHECK(a.is_connected());
  tracker c(redis.address());
  wait_until([&] { return c.peers() == ports{1, 3, 4}; });
  CHECK(a.server.stats().store->breaks > 0);
}

TEST_CASE("a tracker starts without Redis and shares when it comes") {
  redis_server redis;
  redis.kill();
  tracker a(redis.address());
  tracker b(redis.address());
  a.announce(1);
  CHECK(b.peers().empty());
  CHECK_FALSE(a.is_connected());
  redis.start();
  wait_until([&] { return b.peers() == ports{1}; });
}

TEST_CASE("members that a site keeps in the store are served, and those read last while it is away") {
  redis_server redis;
  redis.command({"SADD", "shoal:passkeys", "annas-key", "bobs-key"});
  tracker_settings s;
  s.store = redis.address();
  s.store_passkeys = true;
  s.store_passkeys_every = 20ms;
  const running tracker(s);
  const auto is_served = [&](const std::string& key) {
    raw_client client(tracker.at(), "127.0.0.2");
    return client.get("/" + key + announce_target(1)).body.find("failure reason") == std::string::npos;
  };
  wait_until([&] { return is_served("annas-key"); });
  CHECK(is_served("bobs-key"));
  CHECK_FALSE(is_served("carls-key"));
  redis.command({"SREM", "shoal:passkeys", "annas-key"});
  wait_until([&] { return !is_served("annas-key"); });
  redis.command({"SADD", "shoal:passkeys", "no passkey"});
  redis.command({"SADD", "shoal:passkeys", "carls-key"});
  std::this_thread::sleep_for(100ms);
  CHECK_FALSE(is_served("carls-key"));
  redis.kill();
  std::this_thread::sleep_for(100ms);
  CHECK(is_served("bobs-key"));
}

TEST_CASE("a Redis that hangs holds up nobody") {
  redis_server redis;
  tracker a(redis.address());
  tracker b(redis.address());
  wait_until([&] { return a.is_connected() && b.is_connected(); });
  redis.freeze();
  for (std::uint16_t port = 1; port <= 50; ++port) {
    CHECK(a.announce(port).incomplete == port);
  }
  redis.thaw();
  wait_until([&] { return b.totals().leechers == 50; });
}

TEST_CASE("a Redis that wants another password is told of, and announces are answered") {
  const redis_server redis("secret");
  auto address = redis.address();
  address.password = "guess";
  tracker a(address);
  wait_until([&] { return a.server.stats().store->breaks > 0; });
  CHECK(a.announce(1).incomplete == 1U);
  CHECK_FALSE(a.is_connected());
}

TEST_CASE("strangers' entries in the stream are no trouble") {
  const redis_server redis;
  tracker a(redis.address());
  wait_until([&] { return a.is_connected(); });
  raw_client stranger(*endpoint::parse("127.0.0.1:" + std::to_string(redis.address().port)));
  for (const std::string fields :
       {"a b", "peers xxx", "origin 1 tick 1 age 1 peers xxx", "origin 1 tick -1 age 1 peers x",
        "origin 1 tick 99999999999999999999 age 1 peers x",
        "origin 1 tick 9999999999999999 age 18446744073709551615 peers x"}) {
    stranger.send("XADD shoal:swarms * " + fields + "\r\n");
  }
  tracker b(redis.address());
  b.announce(7);
  wait_until([&] { return a.peers() == ports{7}; });
}
