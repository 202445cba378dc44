// A scrape of everything: in order, in parts, packed.

#include "server/full_scrape.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <utility>
#include <vector>
#define ZLIB_CONST  // input is only read
#include <zlib.h>

#include <doctest/doctest.h>

#include <shoal/base/rng.hpp>
#include <shoal/server/tracker_server.hpp>

#include "server/gzip_writer.hpp"
#include "server/raw_client.hpp"

using namespace shoal;
using namespace shoal::server;
using namespace shoal::server::test;

namespace {

std::string unpacked(const std::string& packed) {
  z_stream s{};
  REQUIRE(inflateInit2(&s, 15 + 16) == Z_OK);
  std::string out(packed.size() * 1100 + 100, '\0');
  s.next_in = reinterpret_cast<const unsigned char*>(packed.data());
  s.avail_in = static_cast<unsigned>(packed.size());
  s.next_out = reinterpret_cast<unsigned char*>(out.data());
  s.avail_out = static_cast<unsigned>(out.size());
  CHECK(inflate(&s, Z_FINISH) == Z_STREAM_END);
  CHECK(s.avail_in == 0);
  out.resize(s.total_out);
  inflateEnd(&s);
  return out;
}

void announce_many(swarm_shards& swarms, unsigned count) {
  rng chance(3);
  for (unsigned i = 0; i < count; ++i) {
    announce::announce_request r;
    for (auto& b : r.info_hash.bytes) {
      b = static_cast<std::byte>(chance.next());
    }
    r.left = i % 2;
    registry::peer_room none{span_writer({}), span_writer({})};
    swarms.announce(instant(), r, {ip_address::v4({10, 0, 0, 1}), 1}, none);
  }
}

std::string whole(const swarm_shards& swarms) {
  full_scrape scrape(swarms);
  std::string out;
  while (scrape.next(out)) {
  }
  return out;
}

/// So many torrents, of one peer each. What is sent is answered before more is: no socket is ever full.
void announce_in_bunches(const endpoint& server, int count) {
  constexpr int bunch = 200;
  raw_client client(server);
  for (int i = 0; i < count;) {
    std::string announces;
    const int end = std::min(i + bunch, count);
    for (int n = i; n < end; ++n) {
      const auto digits = std::to_string(n);
      announces += "GET /announce?info_hash=" + digits + std::string(20 - digits.size(), 'x') +
                   "&peer_id=-XX0001-abcdefghijkl&port=1&left=1&numwant=0 HTTP/1.1\r\n\r\n";
    }
    REQUIRE(client.send(announces));
    for (; i < end; ++i) {
      REQUIRE(client.receive().status == 200);
    }
  }
}

tracker_settings open_handed() {
  tracker_settings s;
  s.listen.push_back(*endpoint::parse("127.0.0.1:0"));
  s.full_scrape = true;
  return s;
}

}  // namespace

TEST_CASE("all swarms are told of once, in the order that bencoding wants") {
  for (const unsigned count : {0U, 1U, 3000U}) {
    CAPTURE(count);
    swarm_shards swarms({}, 1);
    announce_many(swarms, count);
    const auto entries = announce::parse_scrape_response(as_bytes(whole(swarms)));
    REQUIRE(entries.has_value());
    CHECK(entries->size() == count);
    CHECK(std::is_sorted(entries->begin(), entries->end(),
                         [](const auto& a, const auto& b) { return a.info_hash < b.info_hash; }));
    const auto seeders =
        std::count_if(entries->begin(), entries->end(), [](const auto& e) { return e.complete; });
    CHECK(seeders == (count + 1) / 2);
  }
}

TEST_CASE("what is packed in parts unpacks to what they were") {
  std::string text;
  std::string packed;
  gzip_writer gzip;
  for (int i = 0; i < 100; ++i) {
    const std::string part(static_cast<std::size_t>(i * 50), static_cast<char>('a' + i % 7));
    text += part;
    gzip.write(part, i == 99, packed);
  }
  CHECK(unpacked(packed) == text);
  std::string nothing;
  gzip_writer().write("", true, nothing);
  CHECK(unpacked(nothing).empty());
}

TEST_CASE("a client says whether it takes gzip") {
  for (const char* yes : {"gzip", "GZip", "deflate, gzip", "br;q=1.0, gzip;q=0.5, *;q=0", "gzip; q=1"}) {
    CAPTURE(std::string(yes));
    CHECK(takes_gzip(yes));
  }
  for (const char* no : {"", "identity", "gzip;q=0", "gzip; q=0.0", "gzipped", "x-gzip", "*", ",,", ";"}) {
    CAPTURE(std::string(no));
    CHECK_FALSE(takes_gzip(no));
  }
}

TEST_CASE("a scrape of everything comes in chunks, packed for who takes it, and the connection goes on") {
  tracker_server server(open_handed());
  REQUIRE(server.start().has_value());
  raw_client client(server.listening().front());
  for (int i = 0; i < 40; ++i) {
    client.get(announce_target(1, "", static_cast<char>('A' + i)));
  }
  client.send(
      "GET /scrape HTTP/1.1\r\n\r\nGET /scrape HTTP/1.1\r\nAccept-Encoding: gzip\r\n\r\nGET /health "
      "HTTP/1.1\r\n\r\n");
  const auto plain = client.receive();
  const auto packed = client.receive();
  CHECK(client.receive().body == "ok\n");
  CHECK(plain.fields.at("transfer-encoding") == "chunked");
  CHECK_FALSE(plain.fields.contains("content-encoding"));
  CHECK(packed.fields.at("content-encoding") == "gzip");
  CHECK(unpacked(packed.body) == plain.body);
  CHECK(announce::parse_scrape_response(as_bytes(plain.body))->size() == 40);

  client.send("HEAD /scrape HTTP/1.1\r\n\r\nGET /scrape HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  CHECK(client.receive(true).fields.at("transfer-encoding") == "chunked");
  CHECK(client.receive(true).fields.at("connection") == "close");
  CHECK(client.rest() == plain.body);
}

TEST_CASE("one scrape of everything at a time, and one that nobody reads ends") {
  auto settings = open_handed();
  settings.idle_max = std::chrono::seconds(1);
  tracker_server server(settings);
  REQUIRE(server.start().has_value());
  const endpoint at = server.listening().front();
  announce_in_bunches(at, 100'000);  // whose scrape is more than sockets have room for
  bool refused = false;
  while (!refused) {  // unless the silent one was closed before the other came: on a busy machine
    raw_client silent(at);
    silent.socket().set_option(net::asio::socket_base::receive_buffer_size(4096));  // little fits on the way
    silent.send("GET /scrape HTTP/1.1\r\n\r\n");
    silent.socket().wait(net::asio::socket_base::wait_read);  // its turn has come
    const auto meanwhile = raw_client(at).get("/scrape").body;
    refused = meanwhile.find("try again later") != std::string::npos;
    // The silent one is closed, and then the next has its turn.
    while (refused && raw_client(at).get("/scrape").body.size() < 100'000 * 80) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  }
}
