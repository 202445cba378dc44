#pragma once
// What a scenario is to the simulation: the swarm, the settings of each peer's core, and how precise that is.

#include <cstdint>
#include <string>
#include <vector>

#include <shoal/lab/run_sim.hpp>
#include <shoal/lab/scenario.hpp>
#include <shoal/sim/plan.hpp>

namespace shoal::lab {

sim::swarm_plan plan_of(const scenario& s, const run_options& o);

/// Of a peer whose uplink takes `up` bytes a second, and that asks for blocks of such a length.
swarm::core_settings settings_of(const scenario& s, const group_plan& g, double up,
                                 std::uint32_t block_length);

/// What the report has to say about it.
std::vector<std::string> notes_on_precision(const scenario& s);

}  // namespace shoal::lab
