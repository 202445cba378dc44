// The tracker's UDP sockets, beside its HTTP ones.

#include <array>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <doctest/doctest.h>

#include <shoal/announce/udp.hpp>
#include <shoal/server/tracker_server.hpp>

#include "server/raw_client.hpp"

using namespace shoal;
using namespace shoal::server;
using namespace shoal::server::test;
namespace udp = shoal::announce::udp;

namespace {

/// A client with a socket of its own, which waits for each answer.
class udp_client {
 public:
  udp_client(const endpoint& server, const char* from)
      : socket_(context_, {net::asio::ip::make_address(from), 0}),
        server_(net::to_asio(server.address), server.port) {
    socket_.connect(server_);  // so that a reply from another of the host's addresses does not count
  }

  void send(byte_view datagram) { socket_.send(net::asio::buffer(datagram.data(), datagram.size())); }
  udp::reply receive() {
    std::array<std::byte, 2000> room{};
    const std::size_t bytes = socket_.receive(net::asio::buffer(room.data(), room.size()));
    return udp::parse_reply(byte_view(room).first(bytes), server_.address().is_v6()).value();
  }
  udp::reply ask(byte_view datagram) {
    send(datagram);
    return receive();
  }
  std::uint64_t connect() {
    return std::get<udp::connect_reply>(ask(udp::connect_datagram(1))).connection_id;
  }
  announce::announce_response announce(std::uint16_t port, announce::event e = announce::event::none) {
    announce::announce_request r;
    r.info_hash.bytes.fill(std::byte{0xa7});
    r.port = port;
    r.left = 9;
    r.event = e;
    return std::get<udp::announce_reply>(ask(udp::announce_datagram(connect(), 2, r))).response;
  }

 private:
  net::asio::io_context context_;
  net::asio::ip::udp::socket socket_;
  net::asio::ip::udp::endpoint server_;
};

tracker_settings listening_on(const char* where, unsigned threads = 1) {
  tracker_settings s;
  s.listen = {*endpoint::parse(where)};
  s.threads = threads;
  s.id_key = {1, 2};
  return s;
}

std::set<std::string> peers(const announce::announce_response& r) {
  std::set<std::string> out;
  for (const auto& p : r.peers) {
    out.insert(p.endpoint.to_string());
  }
  return out;
}

}  // namespace

TEST_CASE("who announced by UDP is found by HTTP, and the other way round") {
  tracker_server server(listening_on("127.0.0.1:0"));
  REQUIRE(server.start().has_value());
  const endpoint at = server.listening().front();
  udp_client by_udp(at, "127.0.0.2");
  raw_client by_http(at, "127.0.0.3");
  CHECK(by_udp.announce(1001).peers.empty());
  const auto told = announce::parse_announce_response(as_bytes(by_http.get(announce_target(1002)).body));
  REQUIRE(told.has_value());
  CHECK(peers(*told) == std::set<std::string>{"127.0.0.2:1001"});
  CHECK(peers(by_udp.announce(1001)) == std::set<std::string>{"127.0.0.3:1002"});
  by_udp.announce(1001, announce::event::stopped);
  CHECK(server.stats().table.leechers == 1);
  CHECK(server.stats().datagrams == 6);
  CHECK(server.stats().requests == 7);
}

TEST_CASE("many datagrams at once are all answered, and noise among them does no harm") {
  tracker_server server(listening_on("127.0.0.1:0"));
  REQUIRE(server.start().has_value());
  udp_client client(server.listening().front(), "127.0.0.1");
  for (std::uint32_t round = 0; round < 5; ++round) {
    std::set<std::uint32_t> open;
    for (std::uint32_t i = 0; i < 50; ++i) {
      client.send(udp::connect_datagram(round * 100 + i));
      client.send(as_bytes("noise"));
      open.insert(round * 100 + i);
    }
    while (!open.empty()) {
      open.erase(std::get<udp::connect_reply>(client.receive()).transaction_id);
    }
  }
  CHECK(server.stats().bad_requests == 250);
}

TEST_CASE("several threads share one address") {
  tracker_server server(listening_on("127.0.0.1:0", 4));
  REQUIRE(server.start().has_value());
  for (std::uint16_t i = 1; i <= 40; ++i) {
    udp_client client(server.listening().front(), "127.0.0.1");
    CHECK(client.announce(i).incomplete == i);
  }
  CHECK(server.stats().table.announces == 40);
}

TEST_CASE("IPv6 peers by UDP are given to each other") {
  tracker_server server(listening_on("[::1]:0"));
  if (!server.start()) {
    MESSAGE("no IPv6 here");
    return;
  }
  udp_client first(server.listening().front(), "::1");
  udp_client second(server.listening().front(), "::1");
  first.announce(1);
  CHECK(peers(second.announce(2)) == std::set<std::string>{"[::1]:1"});
}

TEST_CASE("on the unspecified address, a reply comes from the address that was asked") {
  for (const char* where : {"0.0.0.0:0", "[::]:0"}) {
    CAPTURE(where);
    tracker_server server(listening_on(where));
    if (!server.start()) {
      MESSAGE("no IPv6 here");
      continue;
    }
    for (const char* address : {"127.0.0.1", "127.0.0.77"}) {
      const endpoint at{*ip_address::parse(address), server.listening().front().port};
      udp_client client(at, "127.0.0.2");
      CHECK(client.announce(3).external_ip == std::nullopt);
    }
    CHECK(server.stats().table.leechers == 1);
  }
}

TEST_CASE("a stop closes the UDP sockets") {
  std::optional<tracker_server> server(listening_on("127.0.0.1:0", 2));
  REQUIRE(server->start().has_value());
  const endpoint at = server->listening().front();
  udp_client client(at, "127.0.0.1");
  client.connect();
  server->stop();
  client.send(udp::connect_datagram(1));
  CHECK_THROWS(client.receive());  // nobody is there
}

TEST_CASE("a port that is taken in UDP is a failure that names it") {
  net::asio::io_context context;
  const net::asio::ip::udp::socket other(context, {net::asio::ip::make_address("127.0.0.1"), 0});
  auto settings = listening_on("127.0.0.1:0");
  settings.listen.front().port = other.local_endpoint().port();
  tracker_server server(settings);
  const auto started = server.start();
  REQUIRE_FALSE(started.has_value());
  CHECK(started.error().subject == settings.listen.front().to_string());
}
