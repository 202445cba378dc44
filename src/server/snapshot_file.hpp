#pragma once
// A tracker's swarms in a file, between two runs of the program.

#include <cstdint>
#include <filesystem>
#include <optional>

#include <shoal/base/result.hpp>
#include <shoal/base/time.hpp>

#include "server/swarm_shards.hpp"

namespace shoal::server {

/// Writes all swarms to a file beside it, syncs that and renames it, so that `file` is whole or the old one.
/// Announces are answered meanwhile: no table is locked for longer than some ten microseconds.
/// `unix_now_ms` counts from 1970.
outcome<void> save_snapshot(const std::filesystem::path& file, const swarm_shards& swarms, instant now,
                            std::uint64_t unix_now_ms);

/// Has the swarms learn what is in it; false when there is no such file. A failure, and nothing learnt, when
/// it cannot be read, is damaged, no snapshot, or so old that all its peers have been silent for longer than
/// `silence_max`. One from the future counts as just made.
outcome<bool> load_snapshot(const std::filesystem::path& file, swarm_shards& swarms, instant now,
                            std::uint64_t unix_now_ms, duration silence_max);

}  // namespace shoal::server
