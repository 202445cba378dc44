// The PROXY protocol: who a connection is from, by the word of a proxy.

#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include <shoal/announce/announce.hpp>
#include <shoal/server/tracker_server.hpp>

#include "server/proxy_header.hpp"
#include "server/raw_client.hpp"
#include "server/running_tracker.hpp"

using namespace shoal;
using namespace shoal::server;
using namespace shoal::server::test;
using state = proxy_header::state;
using namespace std::string_view_literals;

namespace {

const std::string signature("\r\n\r\n\0\r\nQUIT\n", 12);
const std::string v2_v4 =
    signature + std::string("\x21\x11\0\x0c\xc0\0\2\1\xc6\x33\x64\1\x1a\xe1\x01\xbb", 16);
const std::string v2_v6 = signature + std::string("\x21\x21\0\x24", 4) +
                          std::string("\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16) + std::string(16, '\1') +
                          std::string("\x1a\xe1\x01\xbb", 4);
const std::string v1_v4 = "PROXY TCP4 192.0.2.1 198.51.100.1 6881 443\r\n";

tracker_settings behind_proxy() {
  tracker_settings s;
  s.trusted_proxies.push_back(*ip_address::parse("127.0.0.7"));
  s.proxy_protocol = true;
  return s;
}

std::string request(std::uint16_t port) {
  return "GET " + announce_target(port) + " HTTP/1.1\r\nHost: t\r\n\r\n";
}

std::string own_address(const reply& r) {
  const auto parsed = announce::parse_announce_response(as_bytes(r.body));
  REQUIRE(parsed.has_value());
  return parsed->external_ip->to_string();
}

}  // namespace

TEST_CASE("headers of the PROXY protocol are read") {
  struct row {
    std::string bytes;
    std::string source;  // empty when nobody is named
  };
  for (const row& r : {
           row{v1_v4, "192.0.2.1:6881"},
           row{"PROXY TCP6 2001:db8::1 2001:db8::2 6881 443\r\n", "[2001:db8::1]:6881"},
           row{"PROXY UNKNOWN\r\n", ""},
           row{"PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n", ""},
           row{v2_v4, "192.0.2.1:6881"},
           row{v2_v6, "[2001:db8::1]:6881"},
           row{signature + std::string("\x20\0\0\0", 4), ""},
           row{signature + std::string("\x20\x11\0\3abc", 7), ""},
           row{signature + std::string("\x21\x31\0\1x", 5), ""},
           // With an extension behind the addresses.
           row{signature + std::string("\x21\x11\0\x10\xc0\0\2\1\xc6\x33\x64\1\x1a\xe1\x01\xbb\4\0\1x", 20),
               "192.0.2.1:6881"},
       }) {
    CAPTURE(r.bytes);
    const auto h = read_proxy_header(as_bytes(r.bytes + "GET /"));
    CHECK(h.is == state::whole);
    CHECK(h.bytes == r.bytes.size());
    CHECK((h.source ? h.source->to_string() : "") == r.source);
    for (std::size_t n = 0; n < r.bytes.size(); ++n) {
      CAPTURE(n);
      CHECK(read_proxy_header(as_bytes(r.bytes).first(n)).is == state::cut);
    }
  }
}

TEST_CASE("what is no header of the PROXY protocol is bad, and found out early") {
  for (const std::string& bytes : {
           std::string("GET / HTTP/1.1\r\n"),
           std::string("PROXX"),
           std::string("PROXY TCP4 1.2.3.4\r\n"),
           std::string("PROXY TCP5 1.2.3.4 1.2.3.4 1 2\r\n"),
           std::string("PROXY TCP4 1.2.3 1.2.3.4 1 2\r\n"),
           std::string("PROXY TCP4 1.2.3.4 1.2.3.4 1 65536\r\n"),
           std::string("PROXY TCP4 1.2.3.4 1.2.3.4 1 2 \r\n"),
           "PROXY " + std::string(101, 'x'),
           signature + std::string("\x11\x11\0\0", 4),
           signature + std::string("\x22\x11\0\0", 4),
           signature + std::string("\x21\x11\0\2xx", 6),
           signature + std::string("\x21\x11\xff\xff", 4),
           signature.substr(0, 11) + "x",
       }) {
    CAPTURE(bytes);
    CHECK(read_proxy_header(as_bytes(bytes)).is == state::bad);
  }
}

TEST_CASE("a peer is who the proxy says") {
  const running tracker(behind_proxy());
  const endpoint at = tracker.server.listening().front();
  raw_client first(at, "127.0.0.7");
  first.send(v1_v4 + request(1));
  CHECK(own_address(first.receive()) == "192.0.2.1");
  first.send(request(1));  // the header is the connection's, not a request's
  CHECK(own_address(first.receive()) == "192.0.2.1");
  raw_client drips(at, "127.0.0.7");
  for (const char c : v2_v6 + request(1)) {
    drips.send({&c, 1});
  }
  CHECK(own_address(drips.receive()) == "2001:db8::1");
  raw_client health(at, "127.0.0.7");
  health.send(signature + std::string("\x20\0\0\0", 4) + "GET /health HTTP/1.1\r\n\r\n");
  CHECK(health.receive().status == 200);
}

TEST_CASE("a proxy that does not speak is closed, and nobody else may speak for others") {
  const running tracker(behind_proxy());
  const endpoint at = tracker.server.listening().front();
  raw_client silent(at, "127.0.0.7");
  silent.send(request(1));
  CHECK(silent.at_end());
  raw_client stranger(at, "127.0.0.8");
  stranger.send(v1_v4 + request(1));
  CHECK(stranger.receive().status == 400);
  raw_client plain(at, "127.0.0.8");
  CHECK(own_address(plain.get(announce_target(1))) == "127.0.0.8");
}
