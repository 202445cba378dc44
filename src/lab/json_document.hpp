#pragma once
// From text to a JSON document that people wrote: comments and trailing commas are allowed, keys given twice
// are not, and objections name the line.

#include <string_view>

#include <boost/json/value.hpp>

#include <shoal/lab/scenario_file.hpp>

namespace shoal::lab {

checked<boost::json::value> read_document(std::string_view text);

/// Sets what is at the setting's path, making objects on the way where nothing is. A path whose first word is
/// no key of the document but a group's name begins at that group.
checked<void> apply(boost::json::value& document, const setting& s);

}  // namespace shoal::lab
