#include <doctest/doctest.h>

#include <shoal/net/asio.hpp>

using namespace shoal;

TEST_CASE("endpoints survive the way to Asio and back") {
  for (const char* text : {"10.1.2.3:6881", "0.0.0.0:0", "[::1]:80", "[2001:db8::5]:65535", "[::]:1"}) {
    CAPTURE(text);
    const auto e = endpoint::parse(text);
    REQUIRE(e);
    CHECK(net::from_asio(net::to_asio(*e)) == *e);
    CHECK(net::to_asio(*e).port() == e->port);
  }
}

TEST_CASE("an IPv4 address mapped into IPv6 comes back as IPv4") {
  const auto mapped = net::asio::ip::make_address("::ffff:192.0.2.7");
  CHECK(net::from_asio(mapped) == ip_address::parse("192.0.2.7"));
}
