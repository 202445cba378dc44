#include "disk/source_files.hpp"

#include <fcntl.h>

#include "disk/file_state.hpp"
#include "disk/transfer.hpp"

namespace shoal::disk {

source_files::source_files(const std::filesystem::path& path, const metainfo::build_request& files)
    : layout_(files.files) {
  for (const auto& file : files.files) {
    auto& where = paths_.emplace_back(path);
    if (!files.multi_file) continue;
    for (const auto& component : file.path) {
      where /= component;
    }
  }
}

outcome<void> source_files::remember() {
  for (std::size_t i = 0; i < paths_.size(); ++i) {
    struct stat found{};
    if (::stat(paths_[i].c_str(), &found) != 0) return failure{last_error(), paths_[i].string()};
    remembered_.push_back(state_of(found));
    if (remembered_[i].bytes != layout_.files()[i].length) {
      return failure{errc::vanished, paths_[i].string()};
    }
  }
  return {};
}

outcome<void> source_files::compare() const {
  for (std::size_t i = 0; i < paths_.size(); ++i) {
    struct stat found{};
    if (::stat(paths_[i].c_str(), &found) != 0 || state_of(found) != remembered_[i]) {
      return failure{errc::vanished, paths_[i].string()};
    }
  }
  return {};
}

result<shared_file> source_files::descriptor(file_index i) {
  if (auto open = cache_.find(i, false)) return open;
  unique_fd fd(::open(paths_[i.index()].c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return last_error();
  ::posix_fadvise(fd.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
  auto opened = std::make_shared<const open_file>(open_file{std::move(fd), false});
  cache_.keep(i, opened);
  return opened;
}

outcome<void> source_files::read(std::uint64_t offset, std::span<std::byte> out) {
  for (const auto& slice : layout_.slices(offset, out.size())) {
    const auto path = [&] { return paths_[slice.file.index()].string(); };
    const auto open = descriptor(slice.file);
    if (!open) return failure{open.error(), path()};
    iovec place{out.data(), slice.length};
    const auto n = read_at((*open)->fd.get(), {&place, 1}, slice.offset);
    if (!n) return failure{n.error(), path()};
    if (*n != slice.length) return failure{errc::vanished, path()};
    out = out.subspan(slice.length);
  }
  return {};
}

std::optional<file_mapping> source_files::map(std::uint64_t offset, std::size_t length_min,
                                              std::size_t length_max) {
  const auto slice = layout_.slices(offset, 1).front();
  const std::uint64_t there = layout_[slice.file].length - slice.offset;
  if (there < length_min) return std::nullopt;
  const auto open = descriptor(slice.file);
  if (!open) return std::nullopt;
  return file_mapping::map_cached((*open)->fd.get(), slice.offset,
                                  std::min<std::uint64_t>(there, length_max));
}

}  // namespace shoal::disk
