#pragma once
// Makes a torrent from names, lengths and piece hashes; reading and hashing the files is the disk's work.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <shoal/base/result.hpp>
#include <shoal/metainfo/torrent_info.hpp>

namespace shoal::metainfo {

struct build_request {
  std::string name;
  /// One file: `multi_file` false and one entry whose path is ignored. A folder: paths below it, sorted.
  bool multi_file = false;
  std::vector<file_entry> files;   ///< path, length, executable
  std::uint32_t piece_length = 0;  ///< bytes; a power of two, at least 16 KiB
  std::vector<sha1_digest> piece_hashes;
  bool is_private = false;
  tracker_tiers trackers;
  std::vector<std::string> web_seeds;
  std::string comment;
  std::string created_by;
  std::optional<std::int64_t> creation_date;
};

/// A complete torrent_info (its info_bytes and info_hash included), as `parse_torrent` gives it for what
/// `write_torrent` writes; what it would refuse is refused here.
result<torrent_info> build(build_request request);

/// A piece length for so many bytes: a power of two from 16 KiB to 16 MiB that gives about 1,000 to 2,000
/// pieces. Small pieces are relayed sooner; many pieces make a large torrent file.
std::uint32_t choose_piece_length(std::uint64_t total_bytes);

}  // namespace shoal::metainfo
