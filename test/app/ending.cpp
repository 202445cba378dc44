#include "app/ending.hpp"

#include <doctest/doctest.h>

namespace shoal::app {

using namespace std::chrono_literals;

TEST_CASE("a leecher ends as it was asked to, when all torrents have done so") {
  const standing loading{false, false, 900, 100, 0s};
  const standing fresh{true, false, 0, 100, 0s};
  const standing seeded{true, false, 150, 100, 60s};

  CHECK_FALSE(is_over(ending{}, {seeded}));

  ending at_once;
  at_once.when_complete = true;
  CHECK(is_over(at_once, {fresh, seeded}));
  CHECK_FALSE(is_over(at_once, {seeded, loading}));

  ending by_ratio;
  by_ratio.seed_ratio = 1.5;
  CHECK(is_over(by_ratio, {seeded}));
  CHECK_FALSE(is_over(by_ratio, {seeded, fresh}));
  CHECK_FALSE(is_over(by_ratio, {loading}));
  by_ratio.seed_ratio = 0;
  CHECK(is_over(by_ratio, {fresh}));

  ending by_time;
  by_time.seed_time = 60s;
  CHECK(is_over(by_time, {seeded}));
  CHECK_FALSE(is_over(by_time, {fresh}));
}

TEST_CASE("the exit code tells a full disk from an interruption") {
  const standing complete{true, false, 0, 1, 0s};
  const standing partial{false, false, 0, 1, 0s};
  const standing stuck{false, true, 0, 1, 0s};
  CHECK(verdict({complete}) == exit_code::ok);
  CHECK(verdict({}) == exit_code::ok);
  CHECK(verdict({complete, partial}) == exit_code::incomplete);
  CHECK(verdict({partial, stuck}) == exit_code::storage);
}

TEST_CASE("a stall is so long without a byte while bytes were due") {
  const auto at = [](int s) { return instant(std::chrono::seconds(s)); };
  stall_watch w(duration(10s));
  CHECK_FALSE(w.stalled(at(100), 0, false));
  CHECK_FALSE(w.stalled(at(109), 0, false));
  CHECK_FALSE(w.stalled(at(110), 5, false));  // a byte came
  CHECK_FALSE(w.stalled(at(119), 5, false));
  CHECK_FALSE(w.stalled(at(130), 5, true));  // checking
  CHECK_FALSE(w.stalled(at(139), 5, false));
  CHECK(w.stalled(at(140), 5, false));

  stall_watch never(std::nullopt);
  CHECK_FALSE(never.stalled(at(0), 0, false));
  CHECK_FALSE(never.stalled(at(1'000'000), 0, false));
}

TEST_CASE("the table of exit codes is in the order of its numbers") {
  for (std::size_t i = 0; i < exit_code_table.size(); ++i) {
    CHECK(to_int(exit_code_table[i].code) == static_cast<int>(i));
  }
}

}  // namespace shoal::app
