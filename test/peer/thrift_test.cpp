#include <algorithm>
#include <limits>

#include <doctest/doctest.h>

#include <shoal/peer/thrift.hpp>

namespace shoal::peer {
namespace {

constexpr double kib = 1024;

candidate one(std::uint32_t key, double gives, bool unchoked = false) {
  candidate c;
  c.key = peer_key(key);
  c.down_bytes_per_s = gives;
  c.unchoked = unchoked;
  return c;
}

bool has(const thrift::decision& d, std::uint32_t key) {
  return std::ranges::find(d.chosen, peer_key(key)) != d.chosen.end();
}

TEST_CASE("who repays is given to, and of the others one, by chance") {
  rng chance(1);
  thrift t;
  std::vector<candidate> peers;
  for (std::uint32_t n = 0; n < 10; ++n) {
    peers.push_back(one(n, n < 3 ? 100 * kib : 0));
  }
  const auto d = t.round(peers, 8000 * kib, chance);
  REQUIRE(d.chosen.size() == 4);
  CHECK((has(d, 0) && has(d, 1) && has(d, 2)));
  CHECK(d.bytes_per_s == doctest::Approx(400 * kib));  // the going rate, for each of them
}

TEST_CASE("the price falls while it is paid for, and rises when it is not") {
  rng chance(2);
  thrift t;
  double last = 0;
  for (int round = 0; round < 8; ++round) {
    const auto d = t.round(std::vector{one(0, 100 * kib, round > 0)}, 8000 * kib, chance);
    REQUIRE(has(d, 0));
    CHECK((round == 0 || d.bytes_per_s <= last));
    last = d.bytes_per_s;
  }
  CHECK(last < 70 * kib);
  for (int round = 0; round < 8; ++round) {
    last = t.round(std::vector{one(0, 0, true)}, 8000 * kib, chance).bytes_per_s;
  }
  CHECK(last > 100 * kib);
}

TEST_CASE("who gives less than it costs is only tried, and nobody gets more than the uplink") {
  rng chance(3);
  thrift t;
  SUBCASE("too dear") {
    const std::vector peers{one(0, 400 * kib), one(1, 20 * kib), one(2, 20 * kib)};
    const auto d = t.round(peers, 8000 * kib, chance);
    CHECK(d.chosen.size() == 2);
    CHECK(has(d, 0));
  }
  SUBCASE("the uplink is full") {
    std::vector<candidate> peers;
    for (std::uint32_t n = 0; n < 40; ++n) {
      peers.push_back(one(n, 100 * kib));
    }
    const auto d = t.round(peers, 400 * kib, chance);
    CHECK(d.bytes_per_s <= 400 * kib);
    CHECK(d.chosen.size() == 9);  // first offers are for an eighth of it, and one is tried
  }
  SUBCASE("nobody is there") {
    CHECK(t.round({}, std::numeric_limits<double>::infinity(), chance).chosen.empty());
  }
}

}  // namespace
}  // namespace shoal::peer
