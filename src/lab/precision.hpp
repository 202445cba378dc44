#pragma once
// How finely a swarm is simulated: what a large one has to do without, so that it ends in minutes.

#include <cstdint>

#include <shoal/base/time.hpp>
#include <shoal/lab/scenario.hpp>

namespace shoal::lab {

struct precision {
  std::uint32_t block_length = 0;  ///< bytes, of requests and transfers
  duration tick{};                 ///< everything happens at multiples of it; 0: at its own instant
  duration quiet_tick{};           ///< the same while little happens
  bool short_books = false;        ///< peers remember few addresses
};

/// As the scenario says (`scenario::simulation`), and else by the size of the swarm.
precision precision_for(const scenario& s);

}  // namespace shoal::lab
