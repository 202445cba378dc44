#pragma once
// Files that are part of the program, put there by cmake/Embed.cmake.

#include <span>
#include <string_view>

namespace shoal::lab {

struct embedded_file {
  std::string_view name;  ///< without its ending
  const char* begin;
  const char* end;

  std::string_view text() const { return {begin, end}; }
};

/// The page of a report, with @DATA@ where the results go: one file, built from web/report.
std::span<const embedded_file> report_page();
/// files/scenarios, by name.
std::span<const embedded_file> scenario_files();

}  // namespace shoal::lab
