// Racks behind narrow links, and a tracker that tells hosts mostly of their own rack.

#include "lab/crowds.hpp"

namespace shoal::lab {
namespace {

/// When the last host is complete.
double last_of_racks(tell_rule policy, bool once, std::uint64_t seed) {
  auto s = flash_crowd(80, 32, 128, 8 * mib);
  s.groups[1].down = {8 * mib, 8 * mib};
  s.groups[1].site = site_plan{20, 40 * mib, 40 * mib, std::chrono::milliseconds(1)};
  s.groups[1].strategy.neighbours_max = 20;
  s.tracker.num_want = 20;
  s.tracker.policy = policy;
  s.groups[1].strategy.once_from_afar = once;
  return completions(run(s, seed), 1).back();
}

TEST_CASE(
    "racks behind narrow links are complete sooner when hosts hear of their own rack, and fetch once for "
    "it") {
  for (const std::uint64_t seed : {1U, 2U}) {
    CAPTURE(seed);
    const double anybody = last_of_racks(tell_rule::anybody, false, seed);
    const double near = last_of_racks(tell_rule::near, false, seed);
    const double once = last_of_racks(tell_rule::near, true, seed);
    MESSAGE("anybody " << anybody << " s, near " << near << " s, once " << once << " s");
    CHECK(near < 0.9 * anybody);
    CHECK(once < 0.9 * near);
  }
}

}  // namespace
}  // namespace shoal::lab
