#include <algorithm>
#include <cmath>

#include <shoal/lab/summary.hpp>

namespace shoal::lab {

std::optional<double> completion_summary::quantile(double part) const {
  if (times_s.empty()) return std::nullopt;
  // The smallest time by which so many had completed: no time that nobody had.
  const auto n = static_cast<double>(times_s.size());
  const auto rank = static_cast<std::size_t>(std::max(1.0, std::ceil(part * n)));
  return times_s[std::min(rank, times_s.size()) - 1];
}

completion_summary completions(const run_result& r, std::optional<group_index> group) {
  completion_summary out;
  for (const auto& p : r.peers) {
    if (group ? p.group != *group : r.scenario.groups[p.group.index()].role == role::seeder) continue;
    if (!p.joined_s) continue;
    ++out.joined;
    if (p.completed_s) {
      ++out.completed;
      out.times_s.push_back(*p.completed_s - *p.joined_s);
    } else if (p.left_s) {
      ++out.gave_up;
    }
  }
  std::sort(out.times_s.begin(), out.times_s.end());
  return out;
}

std::vector<std::vector<std::uint64_t>> exchanged(const run_result& r) {
  const auto n = r.scenario.groups.size();
  std::vector<std::vector<std::uint64_t>> out(n, std::vector<std::uint64_t>(n));
  for (const auto& p : r.peers) {
    for (std::size_t g = 0; g < p.given.size(); ++g) {
      out[p.group.index()][g] += p.given[g];
    }
  }
  return out;
}

std::vector<double> share_ratios(const run_result& r, group_index group) {
  std::vector<double> out;
  for (const auto& p : r.peers) {
    if (p.group != group || p.taken_total() == 0) continue;
    out.push_back(static_cast<double>(p.given_total()) / static_cast<double>(p.taken_total()));
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace shoal::lab
