#include "app/values.hpp"

#include <doctest/doctest.h>

namespace shoal::app {

TEST_CASE("sizes and rates are read with and without units, or objected to with an example") {
  CHECK(parse_size("8388608").value == 8388608);
  CHECK(parse_size("8MiB").value == 8388608);
  CHECK(parse_size("8 MiB/s").value == 8388608);
  for (const auto* bad : {"", "fast", "8XB", "-1", "1e400"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_size(bad).value);
    CHECK(parse_size(bad).objection.find("8MiB") != std::string::npos);
  }
}

TEST_CASE("a piece length is a power of two within bounds") {
  CHECK(parse_piece_length("16KiB").value == 16384);
  CHECK(parse_piece_length("128MiB").value == 128U << 20);
  for (const auto* bad : {"8KiB", "256MiB", "100000", "0", "x"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_piece_length(bad).value);
  }
}

TEST_CASE("an address to listen on has four forms") {
  struct row {
    const char* text;
    const char* meaning;
  };
  const row rows[] = {{"10.0.0.1:6881", "10.0.0.1:6881"},
                      {"[::1]:80", "[::1]:80"},
                      {":6881", "[::]:6881"},
                      {"6881", "[::]:6881"},
                      {"*:6881", "[::]:6881"},
                      {"0", "[::]:0"},
                      {"0.0.0.0:0", "0.0.0.0:0"}};
  for (const auto& r : rows) {
    CAPTURE(r.text);
    REQUIRE(parse_listen(r.text).value);
    CHECK(parse_listen(r.text).value->to_string() == r.meaning);
  }
  for (const auto* bad :
       {"", ":", "65536", "10.0.0.1", "::1", "bigfile", "host:80", "10.0.0.1:", "-1", " 80"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_listen(bad).value);
    CHECK_FALSE(parse_listen(bad).objection.empty());
  }
  CHECK(parse_listen("10.0.0.1").objection.find("10.0.0.1:6881") != std::string::npos);
}

TEST_CASE("a peer is an address that can be reached") {
  CHECK(parse_peer("127.0.0.1:6881").value->to_string() == "127.0.0.1:6881");
  CHECK(parse_peer("[::1]:6881").value->to_string() == "[::1]:6881");
  for (const auto* bad :
       {"", "6881", ":6881", "10.0.0.1", "10.0.0.1:0", "0.0.0.0:1", "224.0.0.1:1", "a b:1"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_peer(bad).value);
  }
}

TEST_CASE("times take units and are more than nothing") {
  using namespace std::chrono_literals;
  CHECK(parse_time("90").value == duration(90s));
  CHECK(parse_time("90s").value == duration(90s));
  CHECK(parse_time("1.5m").value == duration(90s));
  CHECK(parse_time("2h").value == duration(2h));
  CHECK(parse_time("1d").value == duration(24h));
  for (const auto* bad : {"", "0", "-5", "5w", "5mm", "s", "1e9", "99999999d", "nan", "inf"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_time(bad).value);
  }
}

TEST_CASE("a tracker is a URL with a scheme that trackers have, and a host") {
  CHECK(parse_tracker("http://10.0.0.1:6969/announce").value);
  CHECK(parse_tracker("https://tracker.example/abc/announce?x=1").value);
  CHECK(parse_tracker("udp://[2001:db8::1]:80").value);
  for (const auto* bad :
       {"", "10.0.0.1:6969", "ftp://host/", "http://", "http:///announce", "file:///etc", "http://a b/"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_tracker(bad).value);
  }
  CHECK(parse_web_seed("ftp://host/").value);
  CHECK_FALSE(parse_web_seed("udp://host/").value);
}

TEST_CASE("counts and ratios are numbers in range") {
  CHECK(parse_count("1").value == 1);
  CHECK(parse_count("4294967295").value == 4294967295U);
  CHECK(parse_near("24").value == near_prefix{24, 64});
  CHECK(parse_near("26,60").value == near_prefix{26, 60});
  CHECK(parse_near("32,128").value == near_prefix{32, 128});
  for (const auto* bad : {"", "0", "33", "24,", ",64", "24,129", "24,64,3", "/24", "-1"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_near(bad).value);
  }
  for (const auto* bad : {"0", "-1", "1.5", "4294967296", "", "x"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_count(bad).value);
  }
  CHECK(parse_ratio("1.5").value == 1.5);
  CHECK(parse_ratio("0").value == 0);
  for (const auto* bad : {"-1", "x", "", "1.5x", "inf"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_ratio(bad).value);
  }
}

}  // namespace shoal::app
