#pragma once
// A torrent's start: its files opened, what is missing made, and what is here found out, from resume data or
// by hashing. For a disk thread.

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <shoal/base/bitfield.hpp>
#include <shoal/disk/file_store.hpp>
#include <shoal/piece/geometry.hpp>
#include <shoal/session/settings.hpp>

namespace shoal {

struct opened_content {
  std::shared_ptr<disk::file_store> store;
  bitfield have;
  std::uint64_t uploaded_before = 0;  ///< bytes in earlier runs
  std::uint64_t downloaded_before = 0;
};

/// How the opening goes, for other threads.
struct opening_progress {
  std::atomic<std::uint64_t> checked_bytes{0};
  std::atomic<bool> cancelled{false};
};

/// `threads` hash, where there is no resume data. `warn` is told what went wrong without stopping it (damaged
/// resume data).
outcome<opened_content> open_content(const torrent_settings& t, unsigned threads, opening_progress& progress,
                                     const std::function<void(std::string)>& warn);

/// One a piece: it is wanted as much as the most wanted file in it. `file_priorities` has one a file, or is
/// empty: all 4. With `ends_first` the pieces where a wanted file begins and ends come before all others.
std::vector<std::uint8_t> piece_priorities(const metainfo::torrent_info& t, const piece::geometry& g,
                                           const std::vector<std::uint8_t>& file_priorities, bool ends_first);

}  // namespace shoal
