#pragma once
// Options from a file: a JSON object with the long names of the command line's options, and their values.

#include <string>

#include <CLI/App.hpp>

namespace shoal::app {

/// Adds --config FILE, which gives those options that the command line does not: strings, numbers, true for
/// what takes no value, and lists where an option may be repeated. Add it before all other options. A name
/// that is no option or a value of the wrong kind is a usage error that names it.
void add_config_file(CLI::App& c);

}  // namespace shoal::app
