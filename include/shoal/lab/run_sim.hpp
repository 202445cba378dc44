#pragma once
// A scenario in virtual time: thousands of peers, each with the torrent core that ships.

#include <optional>
#include <string>

#include <shoal/lab/result.hpp>
#include <shoal/lab/scenario.hpp>

namespace shoal::lab {

/// What in this scenario the simulation cannot do, for people; nothing when it can do it all.
std::optional<std::string> sim_refuses(const scenario& s);

/// Runs it to its end, or until `options.stop` is set. Only for a scenario that `sim_refuses` has nothing
/// against. The same scenario and seed give the same result, but for `wall_s` and `memory_bytes`.
///
/// A peer's client knows its uplink, as one that was told `--up`: its own limit is the link's rate and its
/// slots follow from that. In swarms too large for blocks of 16 KiB the requests are for larger ones, and
/// messages are gathered to instants some milliseconds apart; a note says so.
///
/// The checkers of `sim` watch every peer of a small swarm and a sample of a large one; what they find is in
/// `breaches`.
run_result run_sim(const scenario& s, const run_options& options);

}  // namespace shoal::lab
