#include <algorithm>
#include <limits>

#include <shoal/lab/bound.hpp>

namespace shoal::lab {

namespace {

/// When all peers of the group come, if they come together.
std::optional<duration> common_arrival(const group_plan& g) {
  if (const auto* once = std::get_if<arrive_at_once>(&g.arrival)) {
    return once->at;
  }
  return std::nullopt;
}

}  // namespace

std::optional<double> lower_bound_s(const scenario& s) {
  const auto bytes = static_cast<double>(s.content_bytes);
  double seeders_up = 0;
  double leechers_up = 0;
  double slowest_down = unlimited;
  std::uint32_t leechers = 0;
  std::optional<duration> crowd;

  for (const auto& g : s.groups) {
    const auto at = common_arrival(g);
    if (!at || g.begins_with_pieces() || g.patience_mean) {
      return std::nullopt;
    }
    if (g.role == role::leecher) {
      if (crowd && *crowd != *at) {
        return std::nullopt;
      }
      crowd = at;
      leechers += g.count;
    }
    for (std::uint32_t i = 0; i < g.count; ++i) {
      if (g.strategy.choke != choke_rule::free_rider) {
        (g.role == role::seeder ? seeders_up : leechers_up) += g.up.of(i);
      }
      if (g.role == role::leecher) {
        slowest_down = std::min(slowest_down, g.down.of(i));
      }
    }
  }
  for (const auto& f : s.faults) {
    const auto* dying = std::get_if<peers_die>(&f.what);
    if (dying != nullptr && s.groups[dying->who.group.index()].role == role::leecher) {
      leechers -= std::min(leechers, dying->who.count);
    }
  }
  if (leechers == 0 || seeders_up <= 0) {
    return std::nullopt;
  }
  return std::max({bytes / slowest_down, bytes / seeders_up, leechers * bytes / (seeders_up + leechers_up)});
}

}  // namespace shoal::lab
