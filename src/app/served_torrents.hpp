#pragma once
// Which torrents a tracker serves, by a file that may be read again while it runs.

#include <string>

#include <shoal/server/tracker_server.hpp>

namespace shoal::app {

struct served_torrents {
  std::string allow_file, deny_file;  ///< at most one is not empty

  bool restricted() const { return !allow_file.empty() || !deny_file.empty(); }
  /// Reads the file; a complaint when it cannot be read or a line is no info-hash.
  void check() const;
  /// Reads the file and has the tracker go by it. Says how many torrents it names.
  std::size_t apply(server::tracker_server& tracker) const;
};

}  // namespace shoal::app
