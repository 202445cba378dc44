#pragma once
// The files that a torrent is made from, by the names that they have on disk (a torrent may have to make
// them safe), and whether they stayed what they were.

#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include <shoal/disk/file_store.hpp>
#include <shoal/metainfo/builder.hpp>

#include "disk/descriptor_cache.hpp"

namespace shoal::disk {

/// Reads from any thread.
class source_files {
 public:
  source_files(const std::filesystem::path& path, const metainfo::build_request& files);

  std::uint64_t total_bytes() const { return layout_.total_bytes(); }
  /// Remembers every file's state; errc::vanished when a length is not the listed one.
  outcome<void> remember();
  /// errc::vanished when a file is no longer as it was remembered.
  outcome<void> compare() const;
  /// errc::vanished when the bytes are not there.
  outcome<void> read(std::uint64_t offset, std::span<std::byte> out);
  /// As file_store::map.
  std::optional<file_mapping> map(std::uint64_t offset, std::size_t length_min, std::size_t length_max);

 private:
  result<shared_file> descriptor(file_index i);

  std::vector<std::filesystem::path> paths_;
  metainfo::file_layout layout_;
  std::vector<file_state> remembered_;
  descriptor_cache cache_{64};
};

}  // namespace shoal::disk
