#pragma once
// Who and what a tracker serves, and as whom, by files that may be read again while it runs.

#include <string>
#include <vector>

#include <shoal/server/tracker_server.hpp>

namespace shoal::app {

struct access_files {
  std::string allow, deny;               ///< info-hashes; at most one is not empty
  std::string passkeys;                  ///< one a line
  std::string token_keys;                ///< PEM
  std::string certificate, private_key;  ///< PEM; both or none

  /// Those that there are.
  std::vector<std::string> names() const;
  /// Reads the files; a complaint when one cannot be read or says something else than it should.
  void check() const;
  /// Reads the files and has the tracker go by them, or by none when there is a complaint. Says what they
  /// hold.
  std::string apply(server::tracker_server& tracker) const;
};

}  // namespace shoal::app
