#pragma once
// The parts of a scenario, each from its JSON.

#include <boost/json/value.hpp>

#include <shoal/lab/scenario.hpp>

#include "lab/json_fields.hpp"

namespace shoal::lab {

group_plan read_group(const std::string& name, const boost::json::value& v, const std::string& path,
                      objections& bad);

/// `groups` are those of the scenario, by whose names faults say whom they befall.
fault read_fault(const boost::json::value& v, const std::string& path, const std::vector<group_plan>& groups,
                 objections& bad);

}  // namespace shoal::lab
