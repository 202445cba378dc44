#pragma once
// URLs from torrents and magnet links, before anybody opens them.

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace shoal::metainfo {

/// Trackers, and web seeds, of one torrent: more would make its readers a weapon against those named.
inline constexpr std::size_t urls_max = 1000;

/// Short, and without spaces or control characters, which would break out of an HTTP request line.
inline bool is_usable_url(std::string_view url) {
  constexpr std::size_t bytes_max = 4096;
  return !url.empty() && url.size() <= bytes_max && std::all_of(url.begin(), url.end(), [](char c) {
    return static_cast<unsigned char>(c) > 0x20 && c != 0x7f;
  });
}

}  // namespace shoal::metainfo
