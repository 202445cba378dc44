#pragma once
// How many peers each tracker counts in one torrent, asked once, without joining the swarm.

#include <functional>
#include <string>
#include <vector>

#include <shoal/announce/announce.hpp>
#include <shoal/base/result.hpp>
#include <shoal/base/time.hpp>
#include <shoal/hash/digest.hpp>
#include <shoal/session/settings.hpp>

namespace shoal {

struct tracker_counts {
  std::string url;  ///< as it may be shown
  /// All zero from a tracker that does not know the torrent.
  outcome<announce::scrape_entry> counts;
};

/// Asks all of these at once, at most 64, and waits; each has `patience`. Of the settings, those count that
/// say how connections leave, whom to trust and who we are. When `stopped` says so, what has not answered is
/// given up.
std::vector<tracker_counts> scrape_trackers(const std::vector<std::string>& urls, const sha1_digest& torrent,
                                            const session_settings& settings, duration patience,
                                            const std::function<bool()>& stopped);

}  // namespace shoal
