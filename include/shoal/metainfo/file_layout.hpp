#pragma once
// How the files of a torrent lie in its byte space, and what they may be called on disk.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <shoal/base/strong.hpp>

namespace shoal::metainfo {

struct file_entry {
  /// The names from the torrent, one a component, as they came (they may be hostile).
  std::vector<std::string> path;
  /// Where it goes, relative to the chosen directory: '/'-separated, made safe and unique by `safe_paths`.
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
  /// Offsets are computed here, in the order given; safe paths as well.
  explicit file_layout(std::vector<file_entry> files);

  const std::vector<file_entry>& files() const { return files_; }
  const file_entry& operator[](file_index i) const { return files_[i.index()]; }
  std::uint64_t total_bytes() const { return total_; }

  /// The slices that make [offset, offset + length), padding files included; zero-length files never
  /// appear. O(log files + slices).
  std::vector<file_slice> slices(std::uint64_t offset, std::uint64_t length) const;

 private:
  std::vector<file_entry> files_;
  std::uint64_t total_ = 0;
};

/// One component made safe: no separator, no NUL or control character, not "", "." or "..", at most 255 bytes
/// cut at a UTF-8 boundary keeping the extension, invalid UTF-8 replaced by U+FFFD. Idempotent.
std::string safe_component(std::string_view name);

/// Fills `safe_path` of every file: components made safe, then paths that would collide with another file
/// or with another file's directory, on a file system that folds case or normalises Unicode too, get a
/// " (2)", " (3)"... before their extension. Deterministic. The attacker considered: a torrent that names
/// "a/../../etc/passwd", "A" beside "a", or a file "a" beside a directory "a/".
void assign_safe_paths(std::vector<file_entry>& files);

}  // namespace shoal::metainfo
