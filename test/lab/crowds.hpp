#pragma once
// Scenarios for the tests, and figures from what they showed.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <shoal/lab/bound.hpp>
#include <shoal/lab/run_sim.hpp>

namespace shoal::lab {

inline constexpr double mib = 1 << 20;

inline group_plan group(std::string name, role r, std::uint32_t count, double up) {
  group_plan out;
  out.name = std::move(name);
  out.role = r;
  out.count = count;
  out.up = {up, up};
  out.latency = std::chrono::milliseconds(2);
  return out;
}

/// One seeder, and leechers with equal uplinks that all come at once and stay.
inline scenario flash_crowd(std::uint32_t leechers, double content_mib, std::uint32_t pieces,
                            double up = 2 * mib) {
  scenario out;
  out.name = "flash-crowd";
  out.content_bytes = static_cast<std::uint64_t>(content_mib * mib);
  out.piece_length = static_cast<std::uint32_t>(out.content_bytes / pieces);
  out.groups = {group("seeder", role::seeder, 1, up), group("leechers", role::leecher, leechers, up)};
  out.time_max = std::chrono::hours(1);
  return out;
}

/// Runs it; the checkers must have found nothing.
inline run_result run(const scenario& s, std::uint64_t seed = 1) {
  run_options options;
  options.seed = seed;
  auto out = run_sim(s, options);
  for (const auto& b : out.breaches) {
    FAIL_CHECK(b);
  }
  return out;
}

/// When the peers of a group completed, ascending; all must have.
inline std::vector<double> completions(const run_result& r, std::uint32_t group) {
  std::vector<double> out;
  for (const auto& p : r.peers) {
    if (p.group == group_index(group)) {
      REQUIRE(p.completed_s.has_value());
      out.push_back(*p.completed_s);
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

/// Mean of what `f` makes of the samples between two times.
template <class F>
double mean_between(const run_result& r, double from_s, double to_s, F f) {
  double sum = 0;
  double n = 0;
  for (std::size_t i = 0; i < r.series.t_s.size(); ++i) {
    if (r.series.t_s[i] > from_s && r.series.t_s[i] <= to_s) {
      sum += f(i);
      ++n;
    }
  }
  return sum / n;
}

inline double median(const std::vector<double>& ascending) {
  return ascending[ascending.size() / 2];
}

}  // namespace shoal::lab
