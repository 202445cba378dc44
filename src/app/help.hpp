#pragma once
// How --help looks: usage, one sentence, arguments, options in their groups, an example; at most 96 columns.

#include <string>
#include <string_view>

#include <CLI/App.hpp>
#include <CLI/FormatterFwd.hpp>

namespace shoal::app {

/// The group of options that only --help-all shows, so that --help fits a screen.
inline constexpr std::string_view finer_options = "Fine tuning";

class help_format final : public CLI::FormatterBase {
 public:
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override;
};

/// "-o, --output DIR" or, for an argument, "PATH...".
std::string option_label(const CLI::Option& o);

/// The exit codes as lines of "  N  meaning".
std::string exit_code_lines();

}  // namespace shoal::app
