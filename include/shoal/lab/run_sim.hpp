#pragma once
// A scenario in virtual time: thousands of peers, each with the torrent core that ships.

#include <shoal/lab/result.hpp>
#include <shoal/lab/scenario.hpp>

namespace shoal::lab {

/// Runs it to its end, or until `options.stop` is set. The same scenario and seed give the same result, but
/// for `wall_s` and `memory_bytes`.
///
/// A peer's client knows its uplink, as one that was told `--up`: its own limit is the link's rate and its
/// slots follow from that. In swarms too large for blocks of 16 KiB the requests are for larger ones, and
/// messages are gathered to instants some milliseconds apart; a note says so.
///
/// The checkers of `sim` watch every peer of a small swarm and a sample of a large one; what they find is in
/// `breaches`.
run_result run_sim(const scenario& s, const run_options& options);

}  // namespace shoal::lab
