#pragma once
// Reading all of something with progress: to make a torrent of it, or to check it.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <shoal/disk/content.hpp>
#include <shoal/metainfo/torrent_info.hpp>

#include "app/command_line.hpp"

namespace shoal::app {

/// Shows "VERB NAME  42%  1.9 GiB/s  ETA 0:12", or events named "hashing"; stops when the user asks. The
/// context must outlive it.
disk::progress_fn show_progress(context& x, std::string verb, std::string name);

/// What goes into a torrent besides the content.
struct torrent_wishes {
  std::uint32_t piece_length = 0;  ///< 0: by the size
  std::uint32_t threads = 0;       ///< 0: one a core
  bool is_private = false;
  std::vector<std::string> trackers;
  std::vector<std::string> web_seeds;
  std::string comment;
};

struct hashed_content {
  std::shared_ptr<const metainfo::torrent_info> info;
  double seconds = 0;
};

/// Lists and hashes what is at `path` (as `existing_path` gave it) and makes a torrent of it.
hashed_content make_torrent(context& x, const std::filesystem::path& path, const torrent_wishes& wishes);

/// Each tracker in a tier of its own (BEP 12): they are tried in the order given.
metainfo::tracker_tiers tiers_of(const std::vector<std::string>& trackers);

}  // namespace shoal::app
