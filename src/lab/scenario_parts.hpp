#pragma once
// The parts of a scenario, each from its JSON.

#include <boost/json/value.hpp>

#include <shoal/lab/scenario.hpp>

#include "lab/json_fields.hpp"

namespace shoal::lab {

/// Whether it can name a group or a scenario: nothing in it needs quoting, or leaves a folder.
bool is_name(std::string_view text);
inline constexpr std::string_view name_rule =
    "a name is made of letters, digits, spaces, - and _, at most 40";

group_plan read_group(const std::string& name, const boost::json::value& v, const std::string& path,
                      objections& bad);

/// `groups` are those of the scenario, by whose names faults say whom they befall.
fault read_fault(const boost::json::value& v, const std::string& path, const std::vector<group_plan>& groups,
                 objections& bad);

}  // namespace shoal::lab
