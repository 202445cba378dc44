#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <shoal/base/rng.hpp>
#include <shoal/peer/address_filter.hpp>
#include <shoal/peer/peer_book.hpp>

namespace shoal::peer {
namespace {

bool blocked(const address_filter& f, const char* address) {
  const auto a = ip_address::parse(address);
  REQUIRE(a);
  return f.blocks(*a);
}

}  // namespace

TEST_CASE("every kind of line blocks what it names, to the last address and no further") {
  struct row {
    const char* line;
    std::vector<const char*> in, out;
  };
  const row rows[] = {
      {"10.0.0.0/8", {"10.0.0.0", "10.255.255.255"}, {"9.255.255.255", "11.0.0.0", "2001:db8::1"}},
      {"10.1.2.3/31", {"10.1.2.2", "10.1.2.3"}, {"10.1.2.1", "10.1.2.4"}},
      {"10.1.2.3/32", {"10.1.2.3"}, {"10.1.2.2", "10.1.2.4"}},
      {"0.0.0.0/0", {"0.0.0.0", "255.255.255.255"}, {"::1"}},
      {"2001:db8::/33",
       {"2001:db8::", "2001:db8:7fff:ffff:ffff:ffff:ffff:ffff"},
       {"2001:db8:8000::", "10.0.0.1"}},
      {"::/0", {"::1", "ffff::"}, {"10.0.0.1"}},
      {"10.0.0.7", {"10.0.0.7"}, {"10.0.0.6", "10.0.0.8"}},
      {"2001:db8::7", {"2001:db8::7"}, {"2001:db8::6"}},
      {" 10.0.0.1 - 10.0.0.9 \r", {"10.0.0.1", "10.0.0.9"}, {"10.0.0.0", "10.0.0.10"}},
      {"2001:db8::1-2001:db8::9", {"2001:db8::1", "2001:db8::9"}, {"2001:db8::", "2001:db8::a"}},
      {"Some-One, Inc. a/b: x:10.0.0.1-10.0.0.9", {"10.0.0.1", "10.0.0.9"}, {"10.0.0.0", "10.0.0.10"}},
      {"010.000.000.001 - 010.000.000.009 , 100 , Some One", {"10.0.0.1", "10.0.0.9"}, {"10.0.0.10"}},
      {"010.000.000.001 - 010.000.000.009 , 127 , x", {"10.0.0.1"}, {}},
      {"010.000.000.001 - 010.000.000.009 , 128 , allowed", {}, {"10.0.0.1"}},
      {"# 10.0.0.1", {}, {"10.0.0.1"}},
      {"; 10.0.0.1", {}, {"10.0.0.1"}},
      {"// 10.0.0.1", {}, {"10.0.0.1"}},
      {"", {}, {"10.0.0.1"}},
  };
  for (const auto& r : rows) {
    CAPTURE(r.line);
    const auto f = address_filter::parse(r.line);
    CHECK(f.bad_lines() == 0);
    for (const auto* a : r.in) {
      CAPTURE(a);
      CHECK(blocked(f, a));
    }
    for (const auto* a : r.out) {
      CAPTURE(a);
      CHECK_FALSE(blocked(f, a));
    }
  }
}

TEST_CASE("what is no range is counted, and the rest holds") {
  for (const auto* bad :
       {"nonsense", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0.9-10.0.0.1", "10.0.0.1-2001:db8::1",
        "10.0.0.256", "10.0.0", "10.0.0.1.2", "2001:db8::/129", "name:", "-", "/", "1.2.3.4-"}) {
    CAPTURE(bad);
    const auto f = address_filter::parse(std::string("10.0.0.1\n\n") + bad + "\n10.0.0.3");
    CHECK(f.bad_lines() == 1);
    CHECK(f.first_bad_line() == 3);
    CHECK(blocked(f, "10.0.0.1"));
    CHECK(blocked(f, "10.0.0.3"));
    CHECK_FALSE(blocked(f, "10.0.0.2"));
  }
}

TEST_CASE("ranges that touch or overlap are one") {
  CHECK(address_filter::parse("10.0.0.1-10.0.0.5\n10.0.0.6-10.0.0.9\n10.0.0.2\n").ranges() == 1);
  CHECK(address_filter::parse("0.0.0.0/0\n255.255.255.255\n").ranges() == 1);
  CHECK(address_filter::parse("::/0\nffff::/16\n10.0.0.1\n10.0.0.3").ranges() == 3);
}

TEST_CASE("random ranges block what a look at each of them does") {
  const std::uint64_t seed = 11;
  CAPTURE(seed);
  rng random(seed);
  const auto host = [](std::uint64_t n) {
    return ip_address::v4({10, 0, static_cast<std::uint8_t>(n >> 8), static_cast<std::uint8_t>(n)});
  };
  std::string text;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;
  for (int i = 0; i < 60; ++i) {
    const auto first = random.below(4000);
    const auto last = first + random.below(60);
    ranges.emplace_back(first, last);
    text += host(first).to_string() + "-" + host(last).to_string() + "\n";
  }
  const auto f = address_filter::parse(text);
  for (std::uint64_t n = 0; n < 4100; ++n) {
    bool expected = false;
    for (const auto& [first, last] : ranges) {
      expected = expected || (first <= n && n <= last);
    }
    CHECK(f.blocks(host(n)) == expected);
  }
}

TEST_CASE("the book takes nobody whom the filter blocks") {
  book_settings settings;
  settings.filter = std::make_shared<const address_filter>(address_filter::parse("10.0.0.0/24"));
  peer_book book(settings);
  rng chance(1);
  CHECK_FALSE(book.add(instant{}, {ip_address::v4({10, 0, 0, 7}), 6881}, chance));
  CHECK(book.banned(ip_address::v4({10, 0, 0, 7})));
  CHECK(book.add(instant{}, {ip_address::v4({10, 0, 1, 7}), 6881}, chance));
  CHECK_FALSE(book.banned(ip_address::v4({10, 0, 1, 7})));
}

}  // namespace shoal::peer
