#include <shoal/lab/scenario_file.hpp>

#include "lab/embedded.hpp"

namespace shoal::lab {

std::vector<shipped_scenario> shipped_scenarios() {
  std::vector<shipped_scenario> out;
  for (const auto& f : scenario_files()) {
    out.push_back({f.name, f.text()});
  }
  return out;
}

}  // namespace shoal::lab
