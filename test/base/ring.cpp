#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include <shoal/base/ring.hpp>
#include <shoal/base/rng.hpp>

using shoal::ring;

TEST_CASE("a ring gives what a deque gives, however it is filled and emptied") {
  const std::uint64_t seed = 7;
  CAPTURE(seed);
  shoal::rng chance(seed);
  ring<std::uint64_t> ours;
  std::deque<std::uint64_t> model;
  for (int phase = 0; phase < 40; ++phase) {
    const auto push_percent = phase % 2 == 0 ? 80U : 20U;
    for (int step = 0; step < 500; ++step) {
      if (chance.below(100) < push_percent) {
        const auto value = chance.next();
        ours.push_back(value);
        model.push_back(value);
      } else if (!model.empty()) {
        CHECK(ours.front() == model.front());
        ours.pop_front();
        model.pop_front();
      }
      REQUIRE(ours.size() == model.size());
      REQUIRE(ours.empty() == model.empty());
    }
  }
}

TEST_CASE("a ring keeps nothing of what has left it") {
  const auto something = std::make_shared<int>(1);
  ring<std::shared_ptr<int>> queue;
  for (int i = 0; i < 10'000; ++i) {
    queue.push_back(something);
  }
  CHECK(something.use_count() == 10'001);
  queue.pop_front();
  CHECK(something.use_count() == 10'000);
  while (!queue.empty()) {
    queue.pop_front();
  }
  queue.push_back(something);
  CHECK(queue.front() == something);
  queue.clear();
  CHECK(something.use_count() == 1);
}

TEST_CASE("what is taken from a ring is the oldest, and nothing when there is none") {
  ring<std::string> queue;
  std::string out = "as it was";
  CHECK_FALSE(queue.take(out));
  CHECK(out == "as it was");
  queue.push_back("first");
  queue.push_back("second");
  CHECK(queue.take(out));
  CHECK(out == "first");
  CHECK(queue.take(out));
  CHECK(out == "second");
  CHECK(queue.empty());
}

TEST_CASE("what is taken from a ring where it lies is the oldest, too") {
  ring<std::string> queue;
  std::string out = "as it was";
  const auto take = [&] { return queue.take_with([&](std::string& s) { out = std::move(s); }); };
  CHECK_FALSE(take());
  CHECK(out == "as it was");
  for (int i = 0; i < 100; ++i) {  // around the end of the buffer and over its growth
    queue.push_back(std::to_string(2 * i));
    queue.push_back(std::to_string(2 * i + 1));
    REQUIRE(take());
    CHECK(out == std::to_string(i));
  }
  CHECK(queue.size() == 100);
}
