// Start, limits, many threads, stop.

#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include <shoal/server/tracker_server.hpp>

#include "server/raw_client.hpp"
#include "server/running_tracker.hpp"

using namespace shoal;
using namespace shoal::server;
using namespace shoal::server::test;
using namespace std::chrono_literals;

namespace {

/// Waits for something that another thread brings about.
template <class F>
void wait_until(F holds) {
  while (!holds()) {
    std::this_thread::sleep_for(1ms);
  }
}

/// Asks without reading the replies until neither direction takes more, or the server has gone.
void clog(raw_client& client) {
  std::string requests;
  for (int i = 0; i < 1000; ++i) {
    requests += "GET /stats HTTP/1.1\r\n\r\n";
  }
  client.socket().non_blocking(true);
  int refused_in_a_row = 0;
  while (refused_in_a_row < 200) {
    error failed;
    client.socket().write_some(net::asio::buffer(requests), failed);
    if (!failed) {
      refused_in_a_row = 0;
    } else if (failed == net::asio::error::would_block) {
      ++refused_in_a_row;
      std::this_thread::sleep_for(1ms);
    } else {
      return;
    }
  }
}

}  // namespace

TEST_CASE("an address in use is a failure that names it, and nothing is left running") {
  tracker_server first(on_loopback());
  REQUIRE(first.start().has_value());
  auto settings = on_loopback();
  settings.listen.push_back(first.listening().front());
  tracker_server second(settings);
  const auto started = second.start();
  REQUIRE_FALSE(started.has_value());
  CHECK(started.error().subject == first.listening().front().to_string());
  CHECK(second.listening().empty());
  second.stop();
}

TEST_CASE("a server that was never started, or is stopped twice, is fine") {
  tracker_server never(on_loopback());
  never.stop();
  CHECK(never.announce_url().empty());
  tracker_server once(on_loopback());
  REQUIRE(once.start().has_value());
  const endpoint at = once.listening().front();
  CHECK(once.announce_url() == "http://" + at.to_string() + "/announce");
  once.stop();
  once.stop();
  CHECK_THROWS(raw_client{at});
}

TEST_CASE("beyond the limit the connection that was silent for the longest time gives way") {
  auto settings = on_loopback();
  settings.connections_max = 2;
  tracker_server server(settings);
  REQUIRE(server.start().has_value());
  const endpoint at = server.listening().front();
  raw_client first(at);
  std::optional<raw_client> second(at);
  CHECK(first.get("/").status == 200);
  CHECK(second->get("/").status == 200);
  CHECK(first.get("/").status == 200);
  raw_client third(at);
  CHECK(third.get("/").status == 200);
  CHECK(second->at_end());
  CHECK(first.get("/").status == 200);
  second.reset();
  wait_until([&] { return server.stats().connections == 2; });
}

TEST_CASE("clients that are too slow are closed") {
  auto settings = on_loopback();
  settings.idle_max = 50ms;
  tracker_server server(settings);
  REQUIRE(server.start().has_value());
  raw_client client(server.listening().front());

  SUBCASE("one that says nothing") {
    CHECK(client.at_end());
  }
  SUBCASE("one that says nothing more") {
    CHECK(client.get("/").status == 200);
    CHECK(client.at_end());
  }
  SUBCASE("one that drips") {
    while (client.send("x")) {
      std::this_thread::sleep_for(5ms);
    }
  }
  SUBCASE("one that does not read") {
    clog(client);
  }
  wait_until([&] { return server.stats().connections == 0; });
}

TEST_CASE("a stop closes idle and half-said connections without waiting for its grace") {
  tracker_server server(on_loopback());
  REQUIRE(server.start().has_value());
  const endpoint at = server.listening().front();
  raw_client silent(at);
  raw_client idle(at);
  CHECK(idle.get("/").status == 200);
  raw_client half(at);
  half.send("GET /announce?info_ha");
  wait_until([&] { return server.stats().connections == 3; });
  server.stop(1h);
  CHECK(silent.at_end());
  CHECK(idle.at_end());
  CHECK(half.at_end());
  CHECK(server.stats().connections == 0);
  CHECK(server.stats().requests == 1);
}

TEST_CASE("a stop ends a reply that nobody reads after its grace") {
  auto settings = on_loopback();
  settings.idle_max = 1h;
  tracker_server server(settings);
  REQUIRE(server.start().has_value());
  raw_client client(server.listening().front());
  clog(client);
  CHECK(server.stats().connections == 1);
  server.stop(20ms);
  CHECK(server.stats().connections == 0);
}

TEST_CASE("many clients on many threads announce at once") {
  auto settings = on_loopback();
  settings.threads = 4;
  tracker_server server(settings);
  REQUIRE(server.start().has_value());
  const endpoint at = server.listening().front();
  constexpr int clients = 8;
  constexpr int rounds = 50;
  std::atomic<int> answered = 0;
  std::vector<std::thread> threads;
  for (int c = 0; c < clients; ++c) {
    threads.emplace_back([&, c] {
      for (int round = 0; round < rounds; ++round) {
        raw_client client(at);
        for (int i = 1; i <= 4; ++i) {
          const auto port = static_cast<std::uint16_t>(c * 100 + i);
          answered += client.get(announce_target(port)).status == 200 ? 1 : 0;
        }
        answered += client.get("/stats").status == 200 ? 1 : 0;
      }
    });
  }
  for (std::thread& t : threads) {
    t.join();
  }
  CHECK(answered == clients * rounds * 5);
  CHECK(server.stats().table.leechers == clients * 4);
  CHECK(server.stats().table.announces == clients * rounds * 4);
}

TEST_CASE("a stop while clients announce ends all of them") {
  auto settings = on_loopback();
  settings.threads = 3;
  tracker_server server(settings);
  REQUIRE(server.start().has_value());
  const endpoint at = server.listening().front();
  std::atomic<int> answered = 0;
  std::vector<std::thread> threads;
  for (int c = 0; c < 4; ++c) {
    threads.emplace_back([&, c] {
      try {
        raw_client client(at);
        while (client.get(announce_target(static_cast<std::uint16_t>(c + 1))).status == 200) {
          ++answered;
        }
      } catch (const boost::system::system_error&) {
        // the server was stopped before this one came
      }
    });
  }
  wait_until([&] { return answered > 100; });
  server.stop();
  for (std::thread& t : threads) {
    t.join();
  }
  CHECK(server.stats().connections == 0);
}

TEST_CASE("silent peers are forgotten while the server runs") {
  auto settings = on_loopback();
  settings.idle_max = 100ms;
  settings.table.interval_s = 1;
  settings.table.expire_intervals = 0.05;
  tracker_server server(settings);
  REQUIRE(server.start().has_value());
  raw_client(server.listening().front()).get(announce_target(1));
  wait_until([&] { return server.stats().table.leechers == 0; });
  CHECK(server.stats().table.expired == 1);
}
