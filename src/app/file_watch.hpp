#pragma once
// Notices that one of some files was written or replaced.

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

namespace shoal::app {

class file_watch {
 public:
  /// What they are now is known already.
  explicit file_watch(std::vector<std::string> files);

  /// Whether one is another than when this last said so, and no longer being written: since the last call
  /// nothing changed. Asks the file system, so call it every second or so. A file that is away is no change
  /// until it is back.
  bool changed();

 private:
  /// Device, inode, length, time of the last change in ns.
  using stamp = std::tuple<std::uint64_t, std::uint64_t, std::int64_t, std::int64_t>;

  std::vector<stamp> look() const;

  std::vector<std::string> files_;
  std::vector<stamp> known_, last_;
};

}  // namespace shoal::app
