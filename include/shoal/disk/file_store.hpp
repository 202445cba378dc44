#pragma once
// A torrent's bytes in files below one directory. Positional reads and writes from any thread.
//
// Nothing outside the directory is ever touched: files are opened component by component below a directory
// handle, and a symbolic link below it is refused (the directory itself may be one). One exception: a store
// that is read_only follows a link that stands in a file's own place, as `scan` does when it is made into a
// torrent, since then the link is the user's and nothing is written. Padding files are not on disk: they read
// as zeros and writes to them vanish. Files are created when first written (or preallocated by `prepare`),
// with parents; a file that is longer than the torrent says is cut when it is first written, and not before.
// Open descriptors are bounded; the least recently used is closed, and opened again when it is needed.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <shoal/base/bytes.hpp>
#include <shoal/base/result.hpp>
#include <shoal/disk/file_mapping.hpp>
#include <shoal/metainfo/file_layout.hpp>

namespace shoal::disk {

enum class errc {
  symlink_below = 1,  ///< a path component below the directory is a symbolic link
  not_a_file,         ///< something else stands where a file should be
  short_read,         ///< the file is shorter than the torrent says
  resume_damaged,     ///< the resume file's checksum does not match
  resume_foreign,     ///< resume data of another torrent
  vanished,           ///< a source file changed while it was being hashed
};
const boost::system::error_category& category();
inline error make_error_code(errc e) {
  return {static_cast<int>(e), category()};
}

enum class allocation : std::uint8_t { sparse, full };

/// What resume data remembers of a file to notice that somebody changed it.
struct file_state {
  std::uint64_t bytes = 0;
  std::int64_t modified_ns = 0;  ///< since 1970
  bool exists = false;

  friend bool operator==(const file_state&, const file_state&) = default;
};

class file_store {
 public:
  enum class mode : std::uint8_t { read_only, read_write };

  /// Opens no file yet. `directory` must exist for read_only and is created for read_write.
  static outcome<std::shared_ptr<file_store>> open(std::filesystem::path directory,
                                                   metainfo::file_layout layout, mode m,
                                                   std::size_t descriptors_max = 256);
  /// The same, without a copy of its own.
  static outcome<std::shared_ptr<file_store>> open(std::filesystem::path directory,
                                                   std::shared_ptr<const metainfo::file_layout> layout,
                                                   mode m, std::size_t descriptors_max = 256);
  ~file_store();

  /// Files that are not `wanted` (one mark a file; empty: all are) and not there are not made where they
  /// belong: what they share of a piece with others goes to files below `folder`, by their numbers. One that
  /// is wanted now and lies there is moved to its place. Before anything else.
  outcome<void> set_aside(const std::vector<bool>& wanted, const std::string& folder);

  /// Creates every file at its length (all of them, `wanted` empty; else those marked true): holes for
  /// `sparse`, reserved space for `full` (ENOSPC shows now). Zero-length files are created by both. What the
  /// files hold already stays. Not beside writes.
  outcome<void> prepare(allocation how, const std::vector<bool>& wanted = {});

  /// Fills the chunks, laid end to end, from `offset` in the torrent's byte space. A file that is missing or
  /// ends too early is errc::short_read, with its path.
  outcome<void> read(std::uint64_t offset, std::span<const std::span<std::byte>> chunks);
  /// The same, if it takes no waiting: all of it is in the page cache, and the files are open. False: `read`
  /// has to be asked; the chunks may hold anything.
  bool read_cached(std::uint64_t offset, std::span<const std::span<std::byte>> chunks);
  /// The bytes from `offset` on, as far as one file goes and at most `length_max`, where they lie in the page
  /// cache. Nothing when these are fewer than `length_min` (> 0), or must be read instead.
  std::optional<file_mapping> map(std::uint64_t offset, std::size_t length_min, std::size_t length_max);
  /// After a failure, files before the one that failed are written.
  outcome<void> write(std::uint64_t offset, std::span<const byte_view> chunks);

  /// One a file, in order; what is no regular file below the directory does not exist.
  std::vector<file_state> stat_files() const;
  /// Waits until what was written is on the medium.
  outcome<void> sync();
  /// Closes every descriptor; they are opened again when they are needed.
  void close();

  const metainfo::file_layout& layout() const;
  std::filesystem::path directory() const;

 private:
  struct state;
  explicit file_store(std::unique_ptr<state> s);
  std::unique_ptr<state> state_;
};

}  // namespace shoal::disk

template <>
struct boost::system::is_error_code_enum<shoal::disk::errc> : std::true_type {};
