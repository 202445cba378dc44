#pragma once
// When a leecher is done, and what the process says then. Pure.

#include <cstdint>
#include <optional>
#include <vector>

#include <shoal/base/time.hpp>

#include "app/exit_code.hpp"

namespace shoal::app {

/// What the user asked for; nothing: go on until the signal.
struct ending {
  bool when_complete = false;
  std::optional<double> seed_ratio;   ///< uploaded in this run over the torrent's bytes
  std::optional<duration> seed_time;  ///< after its completion
  std::optional<duration> stall_max;  ///< give up after so long without a byte
};

/// One torrent, as far as it matters here.
struct standing {
  bool complete = false;
  bool has_problem = false;  ///< the disk failed and has not recovered
  std::uint64_t uploaded = 0;
  std::uint64_t bytes = 0;
  duration seeded{};
};

/// Every torrent has done what was asked.
bool is_over(const ending& e, const std::vector<standing>& torrents);

/// What the process ends with when it was not a failure that ended it.
exit_code verdict(const std::vector<standing>& torrents);

/// Notices that nothing has arrived for too long.
class stall_watch {
 public:
  explicit stall_watch(std::optional<duration> limit) : limit_(limit) {}

  /// `bytes` so far, over all torrents; `busy` while waiting is right (checking, or nothing left to fetch).
  bool stalled(instant now, std::uint64_t bytes, bool busy);

 private:
  std::optional<duration> limit_;
  std::optional<instant> since_;
  std::uint64_t bytes_ = 0;
};

}  // namespace shoal::app
