#include "app/file_watch.hpp"

#include <algorithm>
#include <sys/stat.h>
#include <utility>

namespace shoal::app {

file_watch::file_watch(std::vector<std::string> files)
    : files_(std::move(files)), known_(look()), last_(known_) {}

std::vector<file_watch::stamp> file_watch::look() const {
  std::vector<stamp> out;
  for (const auto& file : files_) {
    struct stat s{};
    const bool is_there = ::stat(file.c_str(), &s) == 0;
    out.push_back(is_there ? stamp{s.st_dev, s.st_ino, s.st_size,
                                   std::int64_t{s.st_mtim.tv_sec} * 1'000'000'000 + s.st_mtim.tv_nsec}
                           : stamp{});
  }
  return out;
}

bool file_watch::changed() {
  auto now = look();
  const bool settled = now == std::exchange(last_, now);
  const bool all_there = std::ranges::find(now, stamp{}) == now.end();
  if (!settled || !all_there || now == known_) return false;
  known_ = std::move(now);
  return true;
}

}  // namespace shoal::app
