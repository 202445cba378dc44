#pragma once
// Open descriptors, the least recently used closed first. Users hold a shared reference, so one that is
// closed here while a thread reads through it lives until that thread is done.

#include <cstddef>
#include <list>
#include <map>
#include <memory>
#include <mutex>

#include <shoal/base/result.hpp>
#include <shoal/base/strong.hpp>

#include "disk/unique_fd.hpp"

namespace shoal::disk {

struct open_file {
  unique_fd fd;
  bool writable = false;
  bool in_memory = false;  ///< of a file system that has no medium: no read waits
};
using shared_file = std::shared_ptr<const open_file>;

/// Thread-safe.
class descriptor_cache {
 public:
  explicit descriptor_cache(std::size_t descriptors_max);

  /// The file if it is open (and writable when that is asked for); it becomes the most recently used.
  shared_file find(file_index file, bool writable);
  /// Keeps a file that was just opened, in the place of what was kept for it. Two threads may open one file
  /// at once: a writable descriptor is not replaced by one that only reads.
  void keep(file_index file, shared_file opened);
  void clear();
  std::size_t size() const;

 private:
  struct entry {
    file_index file;
    shared_file opened;
  };

  const std::size_t descriptors_max_;
  mutable std::mutex mutex_;
  std::list<entry> by_use_;                                   ///< most recent first
  std::map<file_index, std::list<entry>::iterator> by_file_;  ///< few; of a store at rest, none
};

}  // namespace shoal::disk
