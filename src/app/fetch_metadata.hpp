#pragma once
// A magnet link's metadata, fetched from peers while somebody waits for it.

#include <memory>

#include <shoal/session/settings.hpp>

#include "app/command_line.hpp"

namespace shoal::app {

struct metadata_wish {
  torrent_settings torrent;  ///< its `magnet`
  session_settings session;
  duration patience{};
};

/// Complains when it was not there in time or the program is asked to stop.
std::shared_ptr<const metainfo::torrent_info> fetch_metadata(context& x, metadata_wish wish);

}  // namespace shoal::app
