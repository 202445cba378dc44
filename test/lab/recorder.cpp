#include <array>
#include <numeric>

#include <doctest/doctest.h>

#include <shoal/lab/recorder.hpp>

using namespace shoal::lab;

namespace {

scenario two_groups(std::uint32_t pieces) {
  scenario s;
  s.piece_length = 1 << 14;
  s.content_bytes = std::uint64_t{pieces} << 14;
  s.groups.resize(2);
  return s;
}

}  // namespace

TEST_CASE("sums become rates, and copies the rarest set") {
  series_recorder r(two_groups(4));
  CHECK(r.next_s() == 0);
  std::array<group_snapshot, 2> groups{};
  std::array<std::uint32_t, 4> copies{1, 1, 1, 1};
  r.take({0, groups, 0, 0, copies});
  CHECK(r.next_s() == 1);

  groups = {{{.given = 100, .seeding = 1}, {.given = 20, .taken = 120, .leeching = 3}}};
  copies = {1, 3, 1, 2};
  r.take({1, groups, 200, 120, copies});
  groups = {{{.given = 200, .seeding = 1}, {.given = 120, .taken = 320, .leeching = 2, .seeding = 1}}};
  copies = {4, 3, 2, 2};
  r.take({3, groups, 600, 320, copies});

  const auto s = r.finish();
  CHECK(s.t_s == std::vector<double>{0, 1, 3});
  CHECK(s.groups[0].up_bytes_per_s == std::vector<double>{0, 100, 50});
  CHECK(s.groups[1].down_bytes_per_s == std::vector<double>{0, 120, 100});
  CHECK(s.groups[1].leeching == std::vector<std::uint32_t>{0, 3, 2});
  CHECK(s.uplink_use == std::vector<double>{0, 0.6, 0.5});
  CHECK(s.rarest_copies == std::vector<std::uint32_t>{1, 1, 2});
  CHECK(s.rarest_pieces == std::vector<std::uint32_t>{4, 2, 2});
  CHECK(s.availability.rows == 4);
  CHECK(s.availability.copies == std::vector<float>{1, 1, 1, 1, 1, 3, 1, 2, 4, 3, 2, 2});
}

TEST_CASE("many pieces share rows, none is left out") {
  constexpr std::uint32_t pieces = 1000;
  series_recorder r(two_groups(pieces));
  std::array<group_snapshot, 2> groups{};
  std::vector<std::uint32_t> copies(pieces);
  std::iota(copies.begin(), copies.end(), 0U);
  r.take({0, groups, 0, 0, copies});
  const auto map = r.finish().availability;
  REQUIRE(map.rows == availability_map::rows_max);
  REQUIRE(map.copies.size() == map.rows);
  CHECK(std::is_sorted(map.copies.begin(), map.copies.end()));
  CHECK(map.copies.front() == 1);  // pieces 0, 1 and 2
  CHECK(map.copies.back() == doctest::Approx(997.5));
}

TEST_CASE("a long experiment is sampled less often, and its bytes still add up") {
  constexpr std::size_t samples_max = 16;
  series_recorder r(two_groups(2), samples_max);
  std::array<group_snapshot, 2> groups{};
  const std::array<std::uint32_t, 2> copies{1, 2};
  std::size_t taken = 0;
  for (int t = 0; t <= 1000; ++t) {
    groups[0].given = static_cast<std::uint64_t>(t) * 7;
    if (t >= r.next_s()) {
      r.take({static_cast<double>(t), groups, 0, 0, copies});
      ++taken;
    }
  }
  const auto s = r.finish();
  CHECK(taken < 200);
  CHECK(s.t_s.size() <= samples_max);
  CHECK(s.t_s.size() > samples_max / 4);
  CHECK(s.availability.copies.size() == s.t_s.size() * 2);
  CHECK(s.rarest_pieces.size() == s.t_s.size());
  double bytes = 0;
  double last = 0;
  for (std::size_t i = 0; i < s.t_s.size(); ++i) {
    bytes += s.groups[0].up_bytes_per_s[i] * (s.t_s[i] - last);
    last = s.t_s[i];
  }
  CHECK(bytes == doctest::Approx(7 * last));
}

TEST_CASE("without knowledge of pieces there is no map") {
  series_recorder r(two_groups(4));
  std::array<group_snapshot, 2> groups{};
  r.take({0, groups, 0, 0, {}});
  r.take({1, groups, 0, 0, {}});
  const auto s = r.finish();
  CHECK(s.t_s.size() == 2);
  CHECK(s.rarest_copies.empty());
  CHECK(s.availability.rows == 0);
}
