#pragma once
// Magnet links (BEP 9, 53): a torrent's identity and where to start looking, in one line of text.

#include <string>
#include <string_view>
#include <vector>

#include <shoal/base/result.hpp>
#include <shoal/hash/digest.hpp>
#include <shoal/metainfo/file_selection.hpp>
#include <shoal/metainfo/torrent_info.hpp>

namespace shoal::metainfo {

struct magnet_link {
  shoal::info_hash info_hash;
  std::string name;                    ///< "dn"
  std::vector<std::string> trackers;   ///< "tr"
  std::vector<std::string> web_seeds;  ///< "ws"
  std::vector<std::string> peers;      ///< "x.pe", as written: host:port
  std::vector<file_range> files;       ///< "so" (BEP 53): the files to fetch; empty: all

  friend bool operator==(const magnet_link&, const magnet_link&) = default;
};

/// xt=urn:btih in 40 hex digits or 32 base32 characters; unknown parameters are ignored, and trackers, web
/// seeds, peers and ranges of files bounded as in a torrent. What is no range in "so" is left out.
result<magnet_link> parse_magnet(std::string_view uri);
std::string write_magnet(const magnet_link& link);
/// The link that finds this torrent.
magnet_link magnet_of(const torrent_info& t);

}  // namespace shoal::metainfo
