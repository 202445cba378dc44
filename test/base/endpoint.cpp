#include <array>
#include <string>
#include <unordered_set>
#include <vector>

#include <doctest/doctest.h>

#include <shoal/base/endpoint.hpp>

using shoal::endpoint;
using shoal::ip_address;
using std::string;

TEST_CASE("addresses are read and written as people do") {
  for (const char* text :
       {"0.0.0.0", "10.0.0.1", "255.255.255.255", "::", "::1", "2001:db8::1", "fe80::1:2"}) {
    CAPTURE(text);
    const auto address = ip_address::parse(text);
    REQUIRE(address.has_value());
    CHECK(address->to_string() == text);
    CHECK((ip_address::from_bytes(address->bytes()) == address));
    CHECK(address->bytes().size() == (address->is_v4() ? 4U : 16U));
  }
  CHECK(ip_address::parse("2001:DB8:0:0:0:0:0:1")->to_string() == "2001:db8::1");
  for (const string& bad :
       {string(), string("10.0.0"), string("10.0.0.256"), string("10.0.0.1 "), string("[::1]"),
        string("::1%eth0"), string("host"), string("1.2.3.4\0", 8), string("1:2:3:4:5:6:7:8:9")}) {
    CAPTURE(bad);
    CHECK(!ip_address::parse(bad));
  }
}

TEST_CASE("an IPv4-mapped address is its IPv4 address") {
  const auto mapped = ip_address::parse("::ffff:10.0.0.1");
  CHECK((mapped == ip_address::parse("10.0.0.1")));
  CHECK(mapped->is_v4());
}

TEST_CASE("an address is made of 4 or 16 bytes") {
  const std::array<std::byte, 17> bytes{};
  for (std::size_t n = 0; n <= bytes.size(); ++n) {
    CAPTURE(n);
    CHECK(ip_address::from_bytes(shoal::byte_view(bytes).first(n)).has_value() == (n == 4 || n == 16));
  }
}

TEST_CASE("what an address is for can be told") {
  enum class use { public_host, unspecified, loopback, local, multicast };
  struct row {
    const char* text;
    use expected;
  };
  for (const auto& [text, expected] : std::vector<row>{
           {"0.0.0.0", use::unspecified},
           {"::", use::unspecified},
           {"127.0.0.1", use::loopback},
           {"127.255.0.1", use::loopback},
           {"::1", use::loopback},
           {"10.1.2.3", use::local},
           {"11.0.0.1", use::public_host},
           {"172.15.0.1", use::public_host},
           {"172.16.0.1", use::local},
           {"172.31.0.1", use::local},
           {"172.32.0.1", use::public_host},
           {"192.168.0.1", use::local},
           {"192.169.0.1", use::public_host},
           {"169.254.0.1", use::local},
           {"100.63.0.1", use::public_host},
           {"100.64.0.1", use::local},
           {"100.128.0.1", use::public_host},
           {"fc00::1", use::local},
           {"fd00::1", use::local},
           {"fe80::1", use::local},
           {"febf::1", use::local},
           {"fec0::1", use::public_host},
           {"2001:db8::1", use::public_host},
           {"224.0.0.1", use::multicast},
           {"239.1.1.1", use::multicast},
           {"240.0.0.1", use::public_host},
           {"ff02::1", use::multicast},
       }) {
    CAPTURE(text);
    const auto a = ip_address::parse(text);
    REQUIRE(a.has_value());
    CHECK(a->is_unspecified() == (expected == use::unspecified));
    CHECK(a->is_loopback() == (expected == use::loopback));
    CHECK(a->is_private() == (expected == use::local));
    CHECK(a->is_multicast() == (expected == use::multicast));
  }
}

TEST_CASE("endpoints are read and written with their port") {
  for (const char* text : {"10.0.0.1:6881", "[2001:db8::1]:65535", "0.0.0.0:0"}) {
    CAPTURE(text);
    const auto e = endpoint::parse(text);
    REQUIRE(e.has_value());
    CHECK(e->to_string() == text);
  }
  for (const char* bad :
       {"", ":", "10.0.0.1", "10.0.0.1:", "10.0.0.1:65536", "10.0.0.1:-1", "10.0.0.1:+1", "10.0.0.1:1x",
        "2001:db8::1", "2001:db8::1:80", "[2001:db8::1]", "[]:1", "[10.0.0.1:1", "host:1", ":1"}) {
    CAPTURE(bad);
    CHECK(!endpoint::parse(bad));
  }
}

TEST_CASE("equal endpoints hash alike, and families do not mix") {
  std::unordered_set<endpoint> seen;
  CHECK(seen.insert(*endpoint::parse("10.0.0.1:1")).second);
  CHECK(!seen.insert(*endpoint::parse("[::ffff:10.0.0.1]:1")).second);
  CHECK(seen.insert(*endpoint::parse("10.0.0.1:2")).second);
  CHECK(seen.insert(*endpoint::parse("[a00:1::]:1")).second);
  CHECK((ip_address::parse("0.0.0.0") != ip_address::parse("::")));
}
