// Racks behind narrow links, and a tracker that tells hosts mostly of their own rack.

#include "lab/crowds.hpp"

namespace shoal::lab {
namespace {

/// When the last host is complete.
double last_of_racks(tell_rule policy, std::uint64_t seed) {
  auto s = flash_crowd(80, 32, 128, 8 * mib);
  s.groups[1].down = {8 * mib, 8 * mib};
  s.groups[1].site = site_plan{20, 40 * mib, 40 * mib, std::chrono::milliseconds(1)};
  s.groups[1].strategy.neighbours_max = 20;
  s.tracker.num_want = 20;
  s.tracker.policy = policy;
  return completions(run(s, seed), 1).back();
}

TEST_CASE("racks behind narrow links are complete sooner when hosts are told of their own rack") {
  for (const std::uint64_t seed : {1U, 2U}) {
    CAPTURE(seed);
    const double near = last_of_racks(tell_rule::near, seed);
    const double anybody = last_of_racks(tell_rule::anybody, seed);
    MESSAGE("near " << near << " s, anybody " << anybody << " s");
    CHECK(near < 0.9 * anybody);
  }
}

}  // namespace
}  // namespace shoal::lab
