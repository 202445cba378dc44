#include <string>

#include <boost/asio/ip/udp.hpp>
#include <doctest/doctest.h>

#include <shoal/net/error.hpp>
#include <shoal/net/route.hpp>

#include "net/open_socket.hpp"

using namespace shoal;
using namespace shoal::net;

namespace {

ip_address address(const std::string& text) {
  const auto a = ip_address::parse(text);
  REQUIRE(a);
  return *a;
}

}  // namespace

TEST_CASE("a route is named by an address or an interface of this machine") {
  const auto here = route_of("127.0.0.3");
  REQUIRE(here.has_value());
  CHECK(here->v4 == address("127.0.0.3"));
  CHECK(here->is_loopback());
  const auto loopback = route_of("lo");
  REQUIRE(loopback.has_value());
  CHECK(loopback->confined());
  CHECK(loopback->is_loopback());
  CHECK_FALSE(route_of("0.0.0.0")->confined());
  CHECK_FALSE(route_of("::")->confined());
  for (const std::string unknown :
       {"", "nosuch0", "203.0.113.77", "a name that is longer than any interface's"}) {
    CAPTURE(unknown);
    const auto none = route_of(unknown);
    REQUIRE(none.has_error());
    CHECK(none.error().code == errc::no_such_interface);
    CHECK(none.error().subject == unknown);
  }
}

TEST_CASE("a route from an address reaches that address's family only") {
  const auto v4 = address("198.51.100.1");
  const auto v6 = address("2001:db8::1");
  CHECK(route().reaches(v4));
  CHECK(route().reaches(v6));
  CHECK(route::from(address("127.0.0.2")).reaches(v4));
  CHECK_FALSE(route::from(address("127.0.0.2")).reaches(v6));
  CHECK(route::from(address("::1")).reaches(v6));
  CHECK_FALSE(route::from(address("::1")).reaches(v4));
}

TEST_CASE("a socket is opened where its route says or not at all") {
  asio::io_context context;
  const auto target = address("127.0.0.1");
  asio::ip::udp::socket bound(context);
  REQUIRE_FALSE(open_towards(bound, target, route::from(address("127.0.0.3"))));
  CHECK(bound.local_endpoint().address() == to_asio(address("127.0.0.3")));
  tcp::socket wrong_family(context);
  CHECK(open_towards(wrong_family, target, route::from(address("::1"))) == errc::no_such_interface);
  CHECK_FALSE(wrong_family.is_open());
  tcp::socket gone(context);
  route by;
  by.device = "nosuch0";
  CHECK(open_towards(gone, target, by) == errc::no_such_interface);
}
