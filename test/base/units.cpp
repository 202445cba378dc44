#include <chrono>
#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include <shoal/base/units.hpp>

using shoal::parse_bytes;

TEST_CASE("sizes are read as people write them") {
  struct row {
    const char* text;
    std::uint64_t bytes;
  };
  for (const auto& [text, bytes] : std::vector<row>{
           {"0", 0},
           {"8388608", 8388608},
           {"8MiB", 8388608},
           {"8 MiB", 8388608},
           {"8 MiB/s", 8388608},
           {"8m", 8388608},
           {"512k", 524288},
           {"512KB", 512000},
           {"1.5GiB", 1610612736},
           {"0.5 k", 512},
           {"100B", 100},
           {"100/s", 100},
           {"2TB", 2000000000000},
           {"1 TiB", 1099511627776},
           {"1 Gbit/s", 125000000},
           {"8kbit", 1000},
       }) {
    CAPTURE(text);
    CHECK(parse_bytes(text) == bytes);
  }
}

TEST_CASE("what is no size is refused") {
  for (const char* bad : {"", " ", "MiB", "-1", "-1MiB", "8XiB", "8 Mi B", "1e3", "0x10", "nan", "inf",
                          "8MiB/h", "99999999999999999999", "9000000TiB", "1,5M", " 8", "8MiB x"}) {
    CAPTURE(bad);
    CHECK(!parse_bytes(bad));
  }
}

TEST_CASE("times are read as people write them") {
  using namespace std::chrono_literals;
  CHECK(shoal::parse_duration("90") == 90s);
  CHECK(shoal::parse_duration("90s") == 90s);
  CHECK(shoal::parse_duration("20 ms") == 20ms);
  CHECK(shoal::parse_duration("250us") == 250us);
  CHECK(shoal::parse_duration("1.5m") == 90s);
  CHECK(shoal::parse_duration("15 min") == 15min);
  CHECK(shoal::parse_duration("0 s") == 0s);
  CHECK(shoal::parse_duration("1d") == 24h);
  for (const char* bad : {"", " ", "s", "-5", "5w", "5 mm", "1e9", "99999999d", "nan", "inf", "5 s ", " 5"}) {
    CAPTURE(bad);
    CHECK(!shoal::parse_duration(bad));
  }
}

TEST_CASE("sizes, rates and times are written for people") {
  CHECK(shoal::format_bytes(0) == "0 B");
  CHECK(shoal::format_bytes(1023) == "1023 B");
  CHECK(shoal::format_bytes(1536) == "1.50 KiB");
  CHECK(shoal::format_bytes(8388608) == "8.00 MiB");
  CHECK(shoal::format_bytes(std::uint64_t{5} << 50) == "5120.00 TiB");
  CHECK(shoal::format_rate(8388608.0) == "8.00 MiB/s");
  CHECK(shoal::format_rate(0) == "0 B/s");
  using std::chrono::hours;
  using std::chrono::seconds;
  CHECK(shoal::format_duration(seconds(7)) == "0:07");
  CHECK(shoal::format_duration(seconds(754)) == "12:34");
  CHECK(shoal::format_duration(seconds(11109)) == "3:05:09");
  CHECK(shoal::format_duration(hours(99)) == "99:00:00");
  CHECK(shoal::format_duration(hours(99) + seconds(1)) == "--:--");
  CHECK(shoal::format_duration(seconds(-1)) == "--:--");
}
