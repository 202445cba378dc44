#pragma once
// What an experiment showed: who got what when and from whom, and how the swarm was at every moment. The
// simulation and the run with real processes fill in the same; `report` draws it.
//
// Times are seconds since the experiment's beginning, sizes bytes of payload, rates bytes a second.

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <shoal/lab/scenario.hpp>

namespace shoal::lab {

enum class run_mode : std::uint8_t { sim, live };

/// One peer, in the order of the groups and of the peers in them.
struct peer_result {
  group_index group;
  std::optional<double> joined_s;     ///< nothing: it never came
  std::optional<double> completed_s;  ///< verified and on disk; nothing for seeders
  std::optional<double> left_s;       ///< nothing: it was there at the end
  double up_bytes_per_s = unlimited;  ///< its uplink
  std::uint64_t wasted = 0;           ///< bytes received that were of no use
  std::vector<std::uint64_t> given;   ///< bytes, one entry a group of partners
  std::vector<std::uint64_t> taken;   ///< bytes, useful or not, one entry a group of partners

  std::uint64_t given_total() const;
  std::uint64_t taken_total() const;
};

/// One group over time; every vector has an entry a sample.
struct group_series {
  std::vector<double> up_bytes_per_s;  ///< mean since the sample before
  std::vector<double> down_bytes_per_s;
  std::vector<std::uint32_t> leeching;  ///< there and not complete
  std::vector<std::uint32_t> seeding;   ///< there and complete
};

/// Copies of the pieces among the peers that are there (seeders too): column by column in time, row by row
/// from the first piece to the last. More pieces than `rows_max` share rows.
struct availability_map {
  static constexpr std::uint32_t rows_max = 256;
  std::uint32_t rows = 0;
  std::vector<float> copies;  ///< [sample x rows + row]: mean copies of the row's pieces
};

struct time_series {
  std::vector<double> t_s;  ///< ascending; a sample describes the time since the one before
  std::vector<group_series> groups;
  /// Bytes given over bytes that the uplinks of all who were there could have given, 0 to 1; of limited ones
  /// only.
  std::vector<double> uplink_use;
  std::vector<std::uint32_t> rarest_copies;  ///< of the piece with the fewest
  std::vector<std::uint32_t> rarest_pieces;  ///< how many pieces have so few
  availability_map availability;
};

struct run_result {
  lab::scenario scenario;
  run_mode mode = run_mode::sim;
  std::uint64_t seed = 0;
  std::string label;  ///< what tells it from the others of a sweep: "seeder.up=4 MiB/s"

  std::vector<peer_result> peers;
  time_series series;
  /// Bytes that the seeders had sent when every piece was at some leecher for the first time; nothing: it
  /// never was, or it is not known.
  std::optional<std::uint64_t> seeder_bytes_until_whole;
  /// Seconds for which leechers of the row's group had unchoked leechers of the column's, all pairs together;
  /// nothing of live runs and of large swarms.
  std::optional<std::vector<std::vector<double>>> unchoked_s;
  double ended_s = 0;
  bool interrupted = false;  ///< by the stop flag; what is here is true as far as it goes

  double wall_s = 0;
  std::uint64_t events = 0;        ///< of the simulation
  std::uint64_t memory_bytes = 0;  ///< of the whole run at its largest; 0: not measured
  std::string trace_digest;        ///< hex; of every event of the simulation
  std::vector<std::string> notes;  ///< remarks for people: what could not be measured, what a check found odd
  std::vector<std::string>
      breaches;  ///< rules of the game that were broken (simulation's checkers); none is right
};

/// A run under way, a few times a second.
struct run_progress {
  double t_s = 0;
  double wall_s = 0;
  std::uint64_t events = 0;
  std::uint32_t present = 0;
  std::uint32_t complete = 0;  ///< leechers
  std::uint32_t leechers = 0;  ///< that are to come, or have come
  double done_part = 0;        ///< 0 to 1, of what all leechers want
};
using progress_callback = std::function<void(const run_progress&)>;

struct run_options {
  std::uint64_t seed = 1;
  bool wire = false;           ///< the simulation sends every message through the real encoder and decoder
  progress_callback progress;  ///< may be empty; called by the running thread
  const std::atomic<bool>* stop = nullptr;  ///< may be null; set: end soon, with what there is
};

}  // namespace shoal::lab
