#pragma once
// A scenario with real processes on this machine: a tracker, and a `shoal` a peer, each on an address of its
// own, limited, started, stopped and killed as the scenario says. What they print with --json becomes the
// result.

#include <filesystem>
#include <optional>
#include <string>

#include <shoal/base/result.hpp>
#include <shoal/lab/result.hpp>
#include <shoal/lab/scenario.hpp>

namespace shoal::lab {

struct live_options {
  std::filesystem::path program;  ///< `shoal`
  std::filesystem::path folder;   ///< for the content and every peer's copy; made, and removed at the end
  /// Every peer gets a network namespace with a link of the scenario's rates and latency. Needs root and
  /// Linux.
  bool namespaces = false;
};

/// What in this scenario real processes cannot do, for people; nothing when they can do it all.
std::optional<std::string> live_refuses(const scenario& s, const live_options& live);

/// Runs it to its end, or until `options.stop` is set. Only for a scenario that `live_refuses` has nothing
/// against. Takes as long as the experiment, and disk space for every peer's copy. Nothing that it started or
/// made is left when it returns, also after an error: a process that could not be started, a folder that
/// could not be made.
outcome<run_result> run_live(const scenario& s, const run_options& options, const live_options& live);

}  // namespace shoal::lab
