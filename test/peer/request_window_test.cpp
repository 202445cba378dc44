#include <doctest/doctest.h>

#include <shoal/peer/request_window.hpp>

namespace shoal::peer {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr instant start{seconds(100)};

block_ref block(std::uint32_t n) {
  return {piece_index(n / 16), n % 16 * block_bytes, block_bytes};
}

/// A peer that answers each request after `round_trip` and no faster than `rate`, for `how_long`.
std::size_t settle(request_window& w, double rate, duration round_trip, duration how_long) {
  instant now = start;
  instant free = now;
  std::uint32_t next = 0;
  std::vector<std::pair<instant, block_ref>> answers;
  std::size_t head = 0;
  while (now < start + how_long) {
    for (auto room = w.room(); room > 0; --room) {
      w.asked(now, block(next));
      free = std::max(free, now + round_trip) + from_seconds(block_bytes / rate);
      answers.emplace_back(free, block(next++));
    }
    now = answers[head].first;
    REQUIRE(w.answered(now, answers[head].second));
    ++head;
  }
  return w.target();
}

TEST_CASE("the window covers the measured rate for the round trip and the horizon") {
  struct row {
    double rate;
    duration round_trip;
  };
  for (const row& r : {row{1 << 20, milliseconds(1)}, row{1 << 20, milliseconds(100)},
                       row{8 << 20, milliseconds(20)}, row{64 << 10, milliseconds(50)}}) {
    CAPTURE(r.rate);
    CAPTURE(to_seconds(r.round_trip));
    request_window w;
    const double wanted =
        r.rate * (to_seconds(r.round_trip) + to_seconds(window_settings{}.horizon)) / block_bytes;
    const auto got = settle(w, r.rate, r.round_trip, seconds(30));
    CHECK(got >= 4);
    CHECK(static_cast<double>(got) == doctest::Approx(std::max(wanted, 4.0)).epsilon(0.4));
  }
}

TEST_CASE("a fast peer gets as many requests as we ever make, a limited one no more than it takes") {
  request_window untold;
  CHECK(settle(untold, 1e9, milliseconds(1), seconds(2)) == window_settings{}.untold_max);
  request_window fast;
  fast.limit_to(100'000);
  CHECK(settle(fast, 1e9, milliseconds(1), seconds(2)) == window_settings{}.requests_max);
  request_window limited;
  limited.limit_to(40);
  CHECK(settle(limited, 1e9, milliseconds(1), seconds(2)) == 40);
}

TEST_CASE("what cannot wait goes beyond the window, but no further than the peer takes requests") {
  request_window w;
  w.limit_to(100);
  const std::size_t target = w.target();
  CHECK(w.room_beyond(20) == target + 20);
  CHECK(w.room_beyond(1000) == 100);
  for (std::uint32_t n = 0; n < target; ++n) {
    w.asked(instant{seconds(1)}, {piece_index(0), n * block_bytes, block_bytes});
  }
  CHECK(w.room() == 0);
  CHECK(w.room_beyond(20) == 20);
  REQUIRE(w.check_snub(instant{seconds(100)}));
  CHECK(w.room_beyond(20) == 0);
}

TEST_CASE("a peer that answers all it was asked, in rounds, is asked for more from round to round") {
  request_window w;
  instant now = start;
  std::uint32_t asked = 0, answered = 0;
  const auto ask = [&] {
    for (auto room = w.room(); room > 0; --room) {
      w.asked(now, block(asked++));
    }
  };
  ask();
  now += milliseconds(1);
  REQUIRE(w.answered(now, block(answered++)));  // once by chance at once: the best round trip says little
  for (int round = 0; round < 20; ++round) {
    now += milliseconds(500);
    for (const auto until = asked; answered < until; ++answered) {
      REQUIRE(w.answered(now, block(answered)));
    }
    ask();
  }
  CHECK(w.target() == window_settings{}.untold_max);
}

TEST_CASE("answers match requests in any order, once") {
  request_window w;
  for (std::uint32_t n = 0; n < 10; ++n) {
    w.asked(start, block(n));
  }
  CHECK(w.answered(start, block(0)) == start);
  CHECK(w.answered(start, block(7)) == start);
  CHECK_FALSE(w.answered(start, block(7)));
  CHECK_FALSE(w.answered(start, block(10)));
  CHECK(w.withdrawn(block(3)));
  CHECK_FALSE(w.withdrawn(block(3)));
  CHECK(w.size() == 7);
  CHECK(w.take_all().size() == 7);
  CHECK(w.size() == 0);
}

TEST_CASE("requests go in batches: there is no room until a quarter of the window is free") {
  request_window w(window_settings{.initial = 32});
  CHECK(w.room() == 32);
  for (std::uint32_t n = 0; n < 32; ++n) {
    w.asked(start, block(n));
  }
  CHECK(w.room() == 0);
  for (std::uint32_t n = 0; n < 4; ++n) {
    CHECK(w.withdrawn(block(n)));
  }
  CHECK(w.room() == 0);
  for (std::uint32_t n = 4; n < 8; ++n) {
    CHECK(w.withdrawn(block(n)));
  }
  CHECK(w.room() == 8);
  CHECK(w.room(64) == 40);
}

TEST_CASE("a peer that owes us for a minute is snubbing, until it answers") {
  request_window w;
  CHECK_FALSE(w.check_snub(start + seconds(1000)));
  w.asked(start, block(0));
  CHECK_FALSE(w.check_snub(start + seconds(59)));
  CHECK(w.check_snub(start + seconds(60)));
  CHECK_FALSE(w.check_snub(start + seconds(61)));
  CHECK(w.snubbed());
  CHECK(w.target() == 1);
  CHECK(w.answered(start + seconds(70), block(0)));
  CHECK_FALSE(w.snubbed());
  CHECK(w.target() >= 4);
}

}  // namespace
}  // namespace shoal::peer
