#pragma once
// A session from start to stop, watched and told about: what `seed` and `leech` have in common.

#include "app/command_line.hpp"
#include "app/swarm_plan.hpp"

namespace shoal::app {

/// Runs until the plan's end or the stop signal.
exit_code run_swarm(context& x, swarm_plan plan);

}  // namespace shoal::app
