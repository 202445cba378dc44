#include "session/rate_sharing.hpp"

#include <numeric>
#include <vector>

#include <doctest/doctest.h>

namespace shoal {
namespace {

TEST_CASE("a limit is shared by use, and never exceeded") {
  struct row {
    const char* name;
    std::vector<double> used;
    std::vector<double> expected;  // shares of 1,000,000
  };
  const std::vector<row> rows{
      {"alone", {0}, {1.0}},
      {"two that use all", {1e6, 1e6}, {0.5, 0.5}},
      {"one idle", {0, 1e6}, {0.125, 0.875}},
      {"one small", {0.2e6, 1e6}, {0.3, 0.7}},
      {"all idle", {0, 0, 0, 0}, {0.0625, 0.0625, 0.0625, 0.8125}},
  };
  for (const auto& r : rows) {
    CAPTURE(r.name);
    const auto shares = share_rate(1'000'000, r.used);
    REQUIRE(shares.size() == r.expected.size());
    for (std::size_t i = 0; i < shares.size(); ++i) {
      CHECK(static_cast<double>(shares[i]) / 1e6 == doctest::Approx(r.expected[i]).epsilon(0.01));
    }
    CHECK(std::accumulate(shares.begin(), shares.end(), std::uint64_t{0}) <= 1'000'000);
  }
}

}  // namespace
}  // namespace shoal
