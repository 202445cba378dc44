#pragma once
// Names below one directory, resolved one component at a time so that no symbolic link on the way is ever
// followed. The attacker considered: a torrent whose first file makes the kernel follow a link that lies in
// the download directory already, or that somebody else puts there while we work.

#include <fcntl.h>
#include <string>
#include <string_view>
#include <sys/stat.h>

#include <shoal/base/result.hpp>

#include "disk/unique_fd.hpp"

namespace shoal::disk {

enum class parents : std::uint8_t { must_exist, create };
enum class last_link : std::uint8_t { refuse, follow };

/// Keeps the last file's directory open, so that files in the metainfo's order cost one system call each.
/// Short-lived and for one thread: a directory that was moved is noticed by the next walker.
class path_walker {
 public:
  /// `root` is borrowed.
  explicit path_walker(int root) : root_(root) {}

  /// `flags` as of open(2). Only regular files are opened: anything else is errc::not_a_file, and opening
  /// does not wait for it. `path` is '/'-separated, without "", "." and "..".
  result<unique_fd> open_file(std::string_view path, int flags, parents p, last_link l, mode_t mode = 0666);
  result<struct stat> stat_file(std::string_view path, last_link l);
  /// Renames a file; the directory that it goes to is made.
  result<void> move_file(std::string_view from, std::string_view to);
  /// Removes a directory that is empty.
  result<void> remove_directory(std::string_view path);
  /// A directory, to be synced; "" is the root.
  result<unique_fd> open_directory(std::string_view path);

 private:
  /// The directory that holds `path`; borrowed until the next call.
  result<int> parent_of(std::string_view path, parents p);

  int root_;
  std::string parent_path_;
  unique_fd parent_;
};

}  // namespace shoal::disk
