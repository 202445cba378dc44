#pragma once
// Web seeds (BEP 19): where a torrent's files are on a web server, and what a server says of the part that it
// sends.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <shoal/base/strong.hpp>
#include <shoal/metainfo/torrent_info.hpp>

namespace shoal::metainfo {

/// The URL of one file below a web seed's. A torrent of one file is the URL itself, or its name behind one
/// that ends in a slash; of several, the torrent's name and the file's path follow. Names are
/// percent-encoded (RFC 3986), so that none breaks out of a request line.
std::string web_seed_url(std::string_view web_seed, const torrent_info& t, file_index file);

/// The value of a `Content-Range` (RFC 9110, section 14.4).
struct content_range {
  std::uint64_t first = 0, last = 0;   ///< bytes of the whole, both inside the range
  std::optional<std::uint64_t> total;  ///< of the whole; nothing for "*"

  friend bool operator==(const content_range&, const content_range&) = default;
};
/// Nothing for what is none, for another unit than bytes and for a range that lies beyond its total.
std::optional<content_range> parse_content_range(std::string_view text);

}  // namespace shoal::metainfo
