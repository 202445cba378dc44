#pragma once
// How the files of a torrent lie in its byte space, and what they may be called on disk.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <shoal/base/strong.hpp>

namespace shoal::metainfo {

struct file_entry {
  /// The names from the torrent, one a component, as they came (they may be hostile).
  std::vector<std::string> path;
  /// Where it goes, relative to the chosen directory: '/'-separated, made safe and unique by
  /// `assign_safe_paths`. Empty for padding, which never goes to disk.
  std::string safe_path;
  std::uint64_t offset = 0;  ///< bytes, in the torrent's byte space
  std::uint64_t length = 0;  ///< bytes
  bool padding = false;      ///< BEP 47 'p': zeros, never on disk
  bool executable = false;   ///< BEP 47 'x'

  friend bool operator==(const file_entry&, const file_entry&) = default;
};

/// A run of bytes in one file.
struct file_slice {
  file_index file;
  std::uint64_t offset = 0;  ///< bytes, in the file
  std::uint64_t length = 0;  ///< bytes

  friend bool operator==(const file_slice&, const file_slice&) = default;
};

class file_layout {
 public:
  file_layout() = default;
  /// Offsets are computed here, in the order given; safe paths as well, below `root` when it is not empty
  /// (the name of a multi-file torrent, as it came).
  explicit file_layout(std::vector<file_entry> files, std::string_view root = {});

  const std::vector<file_entry>& files() const { return files_; }
  const file_entry& operator[](file_index i) const { return files_[i.index()]; }
  std::uint64_t total_bytes() const { return total_; }
  /// Another place for a file; safe, and nobody else's.
  void move_to(file_index i, std::string safe_path) { files_[i.index()].safe_path = std::move(safe_path); }

  /// The slices that make [offset, offset + length), which lies within the total; padding files included,
  /// zero-length files never. O(log files + slices), however many empty files a torrent has.
  std::vector<file_slice> slices(std::uint64_t offset, std::uint64_t length) const;

  friend bool operator==(const file_layout&, const file_layout&) = default;

 private:
  std::vector<file_entry> files_;
  std::vector<file_index> occupied_;  // the files that are not empty
  std::uint64_t total_ = 0;
};

/// One component made safe: separators ('/' and '\\'), NUL, control characters and direction overrides become
/// '_', invalid UTF-8 becomes U+FFFD, "", "." and ".." become "_", "_" and "__"; at most 255 bytes, cut at a
/// UTF-8 boundary keeping the extension. Idempotent.
std::string safe_component(std::string_view name);

/// Fills `safe_path` of every file that is not padding: components made safe, below `root` (made safe too)
/// when it is not empty. A file that would collide with an earlier file or with any directory, on a file
/// system that folds case or normalises Unicode too, gets a " (2)", " (3)"... before its extension;
/// directories keep their names. Deterministic; O(n log n) whatever the names are. The attacker considered: a
/// torrent that names "a/../../etc/passwd", "A" beside "a", a file "a" beside a directory "a/", or a million
/// files "a".
void assign_safe_paths(std::vector<file_entry>& files, std::string_view root = {});

}  // namespace shoal::metainfo
