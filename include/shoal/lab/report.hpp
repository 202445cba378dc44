#pragma once
// What people get to see of experiments: a page to look at, and the numbers for other programs.

#include <filesystem>
#include <span>
#include <string>

#include <shoal/base/result.hpp>
#include <shoal/lab/result.hpp>

namespace shoal::lab {

/// Writes, each whole or not at all, into `directory`, which is made when it is not there:
///     report.html   one self-contained page
///     result.json   what the page shows: docs/lab.md describes it
///     peers.csv     a line a peer and run
/// `runs` is not empty; several are shown beside each other.
outcome<void> write_report(const std::filesystem::path& directory, std::span<const run_result> runs);

/// The text of result.json, O(peers + samples).
std::string result_json(std::span<const run_result> runs);

}  // namespace shoal::lab
