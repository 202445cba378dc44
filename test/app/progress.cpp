#include "app/progress.hpp"

#include <doctest/doctest.h>

#include "app/text.hpp"

namespace shoal::app {

namespace {

torrent_status halfway() {
  torrent_status s;
  s.state = torrent_state::downloading;
  s.name = "bigfile";
  s.bytes_total = 1000U << 20;
  s.bytes_done = 500U << 20;
  s.pieces_total = 1000;
  s.pieces_done = 500;
  s.down_bytes_per_s = 50.0 * (1U << 20);
  s.up_bytes_per_s = 8.0 * (1U << 20);
  s.peers = 5;
  s.seeds = 1;
  return s;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a line loses its least important parts first") {
  const std::vector<line_part> parts{{"keep", 0}, {"second", 2}, {"first", 3}, {"last", 1}};
  CHECK(fitted(parts, 80) == "keep  second  first  last");
  CHECK(fitted(parts, 20) == "keep  second  last");
  CHECK(fitted(parts, 12) == "keep  last");
  CHECK(fitted(parts, 4) == "keep");
  CHECK(columns_of(fitted(parts, 3)) == 3);
}

TEST_CASE("progress tells percent, rates, time left, peers and pieces") {
  CHECK(progress_line(halfway(), 200) ==
        "50.0%  down 50.00 MiB/s  up 8.00 MiB/s  ETA 0:10  5 peers (1 seed)  500/1,000 pieces");
  for (std::size_t columns = 1; columns < 120; ++columns) {
    CAPTURE(columns);
    CHECK(columns_of(progress_line(halfway(), columns)) <= columns);
  }
}

TEST_CASE("without peers the line says what is being done about it") {
  auto s = halfway();
  s.peers = 0;
  CHECK(has(progress_line(s, 200), "looking for peers"));
  s.trackers.push_back({"http://t/announce", false, "connection refused"});
  CHECK(has(progress_line(s, 200), "connection refused"));
  s.trackers.push_back({"http://u/announce", true, ""});
  CHECK(has(progress_line(s, 200), "knows of none yet"));
}

TEST_CASE("a hundred percent is only said of what is whole") {
  CHECK(percent_text(0, 1000) == "0.0%");
  CHECK(percent_text(999'999'999, 1'000'000'000) == "99.9%");
  CHECK(percent_text(1000, 1000) == "100.0%");
  CHECK(percent_text(0, 0) == "100.0%");
}

TEST_CASE("several torrents make one line") {
  auto done = halfway();
  done.state = torrent_state::seeding;
  done.bytes_done = done.bytes_total;
  CHECK(progress_line({halfway(), done}, 200).starts_with("1 of 2 complete  75.0%  down 100.00 MiB/s"));
  CHECK(progress_line({done, done}, 200).starts_with("2 of 2 complete  seeding  up 16.00 MiB/s"));
  auto waiting = halfway();
  waiting.state = torrent_state::checking;
  CHECK(has(progress_line({halfway(), waiting}, 200), "being checked"));
}

TEST_CASE("time left is only told when there is a rate") {
  auto s = halfway();
  CHECK(time_left(s) == duration(std::chrono::seconds(10)));
  s.down_bytes_per_s = 0;
  CHECK_FALSE(time_left(s));
  s.bytes_done = s.bytes_total;
  CHECK(time_left(s) == duration{});
}

TEST_CASE("the fields of a progress event are the documented ones") {
  const auto o = progress_fields(halfway());
  for (const auto* key :
       {"id", "state", "bytes_done", "bytes_total", "percent", "pieces_done", "pieces_total", "down_rate",
        "up_rate", "downloaded", "uploaded", "wasted", "peers", "seeds", "eta_s", "copies"}) {
    CAPTURE(key);
    CHECK(o.contains(key));
  }
  CHECK(o.at("eta_s").as_int64() == 10);
  CHECK(o.at("percent").as_double() == 50);
  CHECK(o.at("state").as_string() == "downloading");
}

TEST_CASE("the ledger names the best givers first") {
  std::vector<peer_total> ledger;
  for (std::uint8_t i = 1; i <= 4; ++i) {
    ledger.push_back({ip_address::v4({10, 0, 0, i}), "shoal", i == 4 ? 0 : i * std::uint64_t{1024}, 7});
  }
  const auto lines = ledger_lines(ledger, 2);
  REQUIRE(lines.size() == 3);
  CHECK(lines[0] == "    3.00 KiB from 10.0.0.3 (shoal)");
  CHECK(lines[1] == "    2.00 KiB from 10.0.0.2 (shoal)");
  CHECK(lines[2] == "  and less from 1 other");
  CHECK(ledger_fields(ledger).size() == 4);
}

}  // namespace shoal::app
