#include <array>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include <doctest/doctest.h>

#include <shoal/base/rng.hpp>

// The numbers were computed apart, from the authors' definition of xoshiro256** and SplitMix64. They may
// never change: runs are replayed from their seeds.

TEST_CASE("a seed gives the same numbers on every machine, for ever") {
  struct row {
    std::uint64_t seed;
    std::array<std::uint64_t, 4> numbers;
  };
  for (const auto& row : std::vector<row>{
           {0, {0x99ec5f36cb75f2b4, 0xbf6e1f784956452a, 0x1a5f849d4933e6e0, 0x6aa594f1262d2d2c}},
           {1, {0xb3f2af6d0fc710c5, 0x853b559647364cea, 0x92f89756082a4514, 0x642e1c7bc266a3a7}},
           {42, {0x15780b2e0c2ec716, 0x6104d9866d113a7e, 0xae17533239e499a1, 0xecb8ad4703b360a1}}}) {
    CAPTURE(row.seed);
    shoal::rng random(row.seed);
    for (const auto expected : row.numbers) {
      CHECK(random.next() == expected);
    }
  }
}

TEST_CASE("bounded numbers and shuffles replay from their seed") {
  shoal::rng random(42);
  for (const std::uint64_t expected : {0U, 3U, 6U, 9U, 9U, 7U, 7U, 8U, 7U, 5U}) {
    CHECK(random.below(10) == expected);
  }
  shoal::rng again(42);
  std::vector<int> items(10);
  std::iota(items.begin(), items.end(), 0);
  again.shuffle(std::span(items));
  CHECK((items == std::vector<int>{9, 1, 4, 2, 8, 7, 6, 5, 3, 0}));
}

TEST_CASE("bounded numbers stay below their bound and reach all of it evenly") {
  shoal::rng random(7);
  CHECK(random.below(0) == 0);
  CHECK(random.below(1) == 0);
  std::array<int, 6> seen{};
  for (int i = 0; i < 60'000; ++i) {
    ++seen.at(static_cast<std::size_t>(random.below(6)));
  }
  for (const int n : seen) {
    CHECK(n > 9'500);  // mean 10,000, standard deviation 91
    CHECK(n < 10'500);
  }
}

TEST_CASE("unit numbers lie from 0 to below 1, with mean one half") {
  shoal::rng random(7);
  double sum = 0;
  for (int i = 0; i < 100'000; ++i) {
    const double u = random.unit();
    REQUIRE(u >= 0);
    REQUIRE(u < 1);
    sum += u;
  }
  CHECK(sum / 100'000 == doctest::Approx(0.5).epsilon(0.01));
}
