#pragma once
// The info dictionary: the part of a torrent that its hash covers.

#include <shoal/bencode/bencode.hpp>
#include <shoal/metainfo/builder.hpp>
#include <shoal/metainfo/torrent_info.hpp>

namespace shoal::metainfo {

/// Reads it, bytes and hash included; trackers and the like stay empty.
result<torrent_info> read_info(bencode::node_view info);

/// Bencodes it, canonically.
std::string write_info(const build_request& request);

}  // namespace shoal::metainfo
