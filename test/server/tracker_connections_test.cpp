// Connections to the tracker: how requests may come, and when it hangs up.

#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "server/running_tracker.hpp"

using namespace shoal;
using namespace shoal::server;
using namespace shoal::server::test;

TEST_CASE("a connection is kept, and many requests at once are answered in order") {
  const running tracker;
  raw_client client(tracker.at());
  std::string requests;
  for (std::uint16_t i = 1; i <= 40; ++i) {
    requests += "GET " + announce_target(i) + " HTTP/1.1\r\nHost: t\r\n\r\n";
    requests += "GET /nothing" + std::to_string(i) + " HTTP/1.1\r\nHost: t\r\n\r\n";
  }
  REQUIRE(client.send(requests));
  for (std::uint64_t i = 1; i <= 40; ++i) {
    const auto r = client.receive();
    CHECK(read_announce(r).incomplete == i);
    CHECK_FALSE(r.fields.contains("connection"));
    CHECK(client.receive().status == 404);
  }
  CHECK(tracker.server.stats().requests == 80);
  CHECK(tracker.server.stats().bad_requests == 40);
  CHECK(tracker.server.stats().connections == 1);
}

TEST_CASE("a request may come byte by byte") {
  const running tracker;
  raw_client client(tracker.at());
  for (const char c : "GET " + announce_target(7) + " HTTP/1.1\r\nHost: t\r\n\r\n") {
    REQUIRE(client.send(std::string_view(&c, 1)));
  }
  CHECK(read_announce(client.receive()).incomplete == 1U);
}

TEST_CASE("HTTP/1.0 is answered and closed, unless it asks to stay") {
  const running tracker;
  raw_client client(tracker.at());
  client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const auto kept = client.receive();
  CHECK(kept.status == 200);
  CHECK(kept.fields.at("connection") == "keep-alive");
  client.send("GET / HTTP/1.0\r\n\r\n");
  const auto last = client.receive();
  CHECK(last.status == 200);
  CHECK(last.fields.at("connection") == "close");
  CHECK(client.at_end());
}

TEST_CASE("a client that says close is closed after its reply") {
  const running tracker;
  raw_client client(tracker.at());
  client.send("GET " + announce_target(1) + " HTTP/1.1\r\nConnection: close\r\n\r\nGET / HTTP/1.1\r\n\r\n");
  CHECK(client.receive().fields.at("connection") == "close");
  CHECK(client.at_end());
}

TEST_CASE("HEAD gives the fields and no body, but announces nothing") {
  const running tracker;
  raw_client client(tracker.at());
  client.send("HEAD / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n");
  const auto head = client.receive(true);
  const auto full = client.receive();
  CHECK(head.status == 200);
  CHECK(head.fields == full.fields);
  CHECK(full.body.find("shoal") != std::string::npos);
  client.send("HEAD " + announce_target(1) + " HTTP/1.1\r\n\r\n");
  CHECK(client.receive(true).status == 405);
  CHECK(tracker.server.stats().table.announces == 0);
}

TEST_CASE("what is no page, no GET or no HTTP is answered, and the reply is not lost") {
  const running tracker;
  struct row {
    std::string request;
    unsigned status;
  };
  for (const row& r : {
           row{"GET /nowhere HTTP/1.1\r\nConnection: close\r\n\r\n", 404},
           row{"GET /announce/x HTTP/1.1\r\nConnection: close\r\n\r\n", 404},
           row{"POST /announce HTTP/1.1\r\nContent-Length: 100000\r\n\r\n" + std::string(100'000, 'x'), 405},
           row{"GET / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello", 400},
           row{"nonsense\r\n\r\n", 400},
           row{"GET /announce?" + std::string(100'000, 'x') + " HTTP/1.1\r\n\r\n", 414},
       }) {
    CAPTURE(r.request.substr(0, 60));
    raw_client client(tracker.at());
    client.send(r.request);
    CHECK(client.receive().status == r.status);
    CHECK(client.at_end());
  }
  CHECK(tracker.server.stats().bad_requests == 6);
}
