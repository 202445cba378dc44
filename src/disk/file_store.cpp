#include <algorithm>
#include <atomic>
#include <cassert>
#include <linux/magic.h>
#include <set>
#include <string>
#include <sys/vfs.h>

#include <shoal/disk/file_store.hpp>

#include "disk/descriptor_cache.hpp"
#include "disk/file_state.hpp"
#include "disk/path_walker.hpp"
#include "disk/transfer.hpp"

namespace shoal::disk {

namespace {

namespace posix = boost::system::errc;

/// Makes a file as long as it should be, with holes or with reserved space.
result<void> allocate(int fd, std::uint64_t length, allocation how) {
  const auto bytes = static_cast<off_t>(length);
  if (how == allocation::full && length > 0) {
    int status = 0;
    do {
      status = ::posix_fallocate(fd, 0, bytes);
    } while (status == EINTR);
    const error code(status, boost::system::system_category());
    if (!code) return {};
    if (code != posix::operation_not_supported && code != posix::invalid_argument) return code;
    // A file system that cannot reserve: holes will do.
  }
  struct stat found{};
  if (::fstat(fd, &found) != 0) return last_error();
  if (found.st_size < bytes && ::ftruncate(fd, bytes) != 0) return last_error();
  return {};
}

/// Whether reads of the file never wait: its file system is memory.
bool has_no_medium(int fd) {
  struct statfs where{};
  return ::fstatfs(fd, &where) == 0 && (where.f_type == TMPFS_MAGIC || where.f_type == RAMFS_MAGIC);
}

/// How a read goes about bytes that it would have to wait for.
enum class haste : std::uint8_t { none, at_once };

/// "" and "a" and "a/b" for "a/b/name".
void add_directories(std::string_view path, std::set<std::string>& out) {
  out.emplace();
  for (auto slash = path.find('/'); slash != std::string_view::npos; slash = path.find('/', slash + 1)) {
    out.emplace(path.substr(0, slash));
  }
}

}  // namespace

struct file_store::state {
  state(const std::filesystem::path& where, unique_fd root_fd,
        std::shared_ptr<const metainfo::file_layout> files, mode m, std::size_t descriptors_max)
      : directory(where.string()),
        root(std::move(root_fd)),
        layout(std::move(files)),
        writable(m == mode::read_write),
        cache(descriptors_max),
        written(layout->files().size()) {}

  failure failed(file_index i, error code) const { return {code, directory + '/' + (*layout)[i].safe_path}; }
  last_link links() const { return writable ? last_link::refuse : last_link::follow; }

  result<unique_fd> open_for_writing(path_walker& walker, const metainfo::file_entry& file) const;
  result<shared_file> descriptor(file_index i, bool for_writing);
  template <class Chunk, class F>
  outcome<void> for_each_slice(std::uint64_t offset, std::span<const Chunk> chunks, F f);
  result<void> read_slice(const metainfo::file_slice& slice, chunk_cursor<std::span<std::byte>>& chunks,
                          haste h);
  result<void> write_slice(const metainfo::file_slice& slice, chunk_cursor<byte_view>& chunks);
  result<void> sync_file(file_index i, std::set<std::string>& directories);

  const std::string directory;  ///< a path takes ten times as much, and every torrent has a store
  const unique_fd root;
  std::shared_ptr<const metainfo::file_layout> layout;
  const bool writable;
  descriptor_cache cache;
  std::vector<std::atomic<bool>> written;  ///< a file: written since it was last synced
};

// A longer file is cut when it is opened for writing, not before: what is only read stays as it is, and what
// is written is to become the torrent's file. Executables are so from their creation; what exists keeps its
// permissions.
result<unique_fd> file_store::state::open_for_writing(path_walker& walker,
                                                      const metainfo::file_entry& file) const {
  if (!writable) return posix::make_error_code(posix::read_only_file_system);
  auto fd = walker.open_file(file.safe_path, O_RDWR | O_CREAT, parents::create, last_link::refuse,
                             file.executable ? 0777 : 0666);
  if (!fd) return fd.error();
  struct stat found{};
  if (::fstat(fd->get(), &found) != 0) return last_error();
  const auto length = static_cast<off_t>(file.length);
  if (found.st_size > length && ::ftruncate(fd->get(), length) != 0) return last_error();
  return fd;
}

result<shared_file> file_store::state::descriptor(file_index i, bool for_writing) {
  if (auto open = cache.find(i, for_writing)) return open;
  const auto attempt = [&]() -> result<unique_fd> {
    path_walker walker(root.get());
    if (for_writing) return open_for_writing(walker, (*layout)[i]);
    return walker.open_file((*layout)[i].safe_path, O_RDONLY, parents::must_exist, links());
  };
  auto fd = attempt();
  if (!fd && fd.error() == posix::too_many_files_open) {
    cache.clear();
    fd = attempt();
  }
  if (!fd) return fd.error();
  const bool in_memory = has_no_medium(fd->get());
  auto opened = std::make_shared<const open_file>(open_file{std::move(*fd), for_writing, in_memory});
  cache.keep(i, opened);
  return opened;
}

template <class Chunk, class F>
outcome<void> file_store::state::for_each_slice(std::uint64_t offset, std::span<const Chunk> chunks, F f) {
  std::uint64_t length = 0;
  for (const auto& chunk : chunks) {
    length += chunk.size();
  }
  assert(offset <= layout->total_bytes() && length <= layout->total_bytes() - offset);
  chunk_cursor<Chunk> cursor(chunks);
  for (const auto& slice : layout->slices(offset, length)) {
    const result<void> done = f(slice, cursor);
    if (!done) return failed(slice.file, done.error());
  }
  return {};
}

result<void> file_store::state::read_slice(const metainfo::file_slice& slice,
                                           chunk_cursor<std::span<std::byte>>& chunks, haste h) {
  if ((*layout)[slice.file].padding) {
    chunks.take(slice.length, [](std::span<std::byte> chunk) { std::ranges::fill(chunk, std::byte{0}); });
    return {};
  }
  const result<shared_file> open =
      h == haste::none ? descriptor(slice.file, false) : result<shared_file>(cache.find(slice.file, false));
  if (!open && open.error() == posix::no_such_file_or_directory) return errc::short_read;
  if (!open) return open.error();
  if (!*open) return posix::make_error_code(posix::resource_unavailable_try_again);  // opening may wait
  std::vector<iovec> list;
  chunks.take(slice.length, [&](std::span<std::byte> chunk) { append(list, chunk.data(), chunk.size()); });
  const bool any_way = h == haste::none || (*open)->in_memory;
  const auto n = (any_way ? read_at : read_cached_at)((*open)->fd.get(), list, slice.offset);
  if (!n) return n.error();
  if (*n != slice.length) return errc::short_read;
  return {};
}

result<void> file_store::state::write_slice(const metainfo::file_slice& slice,
                                            chunk_cursor<byte_view>& chunks) {
  if ((*layout)[slice.file].padding) {
    chunks.take(slice.length, [](byte_view) {});
    return {};
  }
  const auto open = descriptor(slice.file, true);
  if (!open) return open.error();
  std::vector<iovec> list;
  chunks.take(slice.length, [&](byte_view chunk) { append(list, chunk.data(), chunk.size()); });
  const auto done = write_at((*open)->fd.get(), list, slice.offset);
  written[slice.file.index()].store(true);  // afterwards: a sync that runs beside this must not clear it
  return done;
}

result<void> file_store::state::sync_file(file_index i, std::set<std::string>& directories) {
  const auto open = descriptor(i, true);
  if (!open) return open.error();
  if (::fsync((*open)->fd.get()) != 0) return last_error();
  add_directories((*layout)[i].safe_path, directories);
  return {};
}

file_store::file_store(std::unique_ptr<state> s) : state_(std::move(s)) {}
file_store::~file_store() = default;

outcome<std::shared_ptr<file_store>> file_store::open(std::filesystem::path directory,
                                                      metainfo::file_layout layout, mode m,
                                                      std::size_t descriptors_max) {
  return open(std::move(directory), std::make_shared<const metainfo::file_layout>(std::move(layout)), m,
              descriptors_max);
}

outcome<std::shared_ptr<file_store>> file_store::open(std::filesystem::path directory,
                                                      std::shared_ptr<const metainfo::file_layout> layout,
                                                      mode m, std::size_t descriptors_max) {
  if (directory.empty()) directory = ".";
  std::error_code made;
  if (m == mode::read_write) std::filesystem::create_directories(directory, made);
  // What create_directories dislikes, open dislikes as well, except that a link to a directory is fine.
  unique_fd root(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root) return failure{made ? error(made) : last_error(), directory.string()};
  auto s = std::make_unique<state>(directory, std::move(root), std::move(layout), m, descriptors_max);
  return std::shared_ptr<file_store>(new file_store(std::move(s)));
}

outcome<void> file_store::set_aside(const std::vector<bool>& wanted, const std::string& folder) {
  const auto whole = state_->layout;
  const auto& files = whole->files();
  assert(wanted.empty() || wanted.size() == files.size());
  path_walker walker(state_->root.get());
  const bool has_folder = walker.open_directory(folder).has_value();
  if (wanted.empty() && !has_folder) return {};
  path_walker aside_walker(state_->root.get());
  auto changed = std::make_shared<metainfo::file_layout>(*whole);
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (files[i].padding || walker.stat_file(files[i].safe_path, last_link::refuse)) continue;
    const file_index index(static_cast<std::uint32_t>(i));
    const auto aside = folder + '/' + std::to_string(i);
    if (!wanted.empty() && !wanted[i]) {
      changed->move_to(index, aside);
    } else if (has_folder && aside_walker.stat_file(aside, last_link::refuse)) {
      const auto moved = walker.move_file(aside, files[i].safe_path);
      if (!moved) return state_->failed(index, moved.error());
    }
  }
  state_->layout = std::move(changed);
  static_cast<void>(aside_walker.remove_directory(folder));  // once nothing lies in it any more
  return {};
}

outcome<void> file_store::prepare(allocation how, const std::vector<bool>& wanted) {
  const auto& files = state_->layout->files();
  assert(wanted.empty() || wanted.size() == files.size());
  path_walker walker(state_->root.get());
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (files[i].padding || (!wanted.empty() && !wanted[i])) continue;
    const file_index index(static_cast<std::uint32_t>(i));
    const auto fd = state_->open_for_writing(walker, files[i]);
    if (!fd) return state_->failed(index, fd.error());
    const auto done = allocate(fd->get(), files[i].length, how);
    if (!done) return state_->failed(index, done.error());
    state_->written[i].store(true);
  }
  return {};
}

outcome<void> file_store::read(std::uint64_t offset, std::span<const std::span<std::byte>> chunks) {
  return state_->for_each_slice(offset, chunks, [this](const auto& slice, auto& cursor) {
    return state_->read_slice(slice, cursor, haste::none);
  });
}

bool file_store::read_cached(std::uint64_t offset, std::span<const std::span<std::byte>> chunks) {
  return state_
      ->for_each_slice(offset, chunks,
                       [this](const auto& slice, auto& cursor) {
                         return state_->read_slice(slice, cursor, haste::at_once);
                       })
      .has_value();
}

std::optional<file_mapping> file_store::map(std::uint64_t offset, std::size_t length_min,
                                            std::size_t length_max) {
  const auto slice = state_->layout->slices(offset, 1).front();
  const auto& file = (*state_->layout)[slice.file];
  const std::uint64_t there = file.length - slice.offset;
  if (file.padding || there < length_min) return std::nullopt;
  const auto open = state_->descriptor(slice.file, false);
  if (!open) return std::nullopt;
  return file_mapping::map_cached((*open)->fd.get(), slice.offset,
                                  std::min<std::uint64_t>(there, length_max));
}

outcome<void> file_store::write(std::uint64_t offset, std::span<const byte_view> chunks) {
  return state_->for_each_slice(
      offset, chunks, [this](const auto& slice, auto& cursor) { return state_->write_slice(slice, cursor); });
}

std::vector<file_state> file_store::stat_files() const {
  const auto& files = state_->layout->files();
  std::vector<file_state> out(files.size());
  path_walker walker(state_->root.get());
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (files[i].padding) continue;
    if (const auto found = walker.stat_file(files[i].safe_path, state_->links())) out[i] = state_of(*found);
  }
  return out;
}

outcome<void> file_store::sync() {
  std::set<std::string> directories;
  for (std::size_t i = 0; i < state_->written.size(); ++i) {
    if (!state_->written[i].exchange(false)) continue;
    const file_index index(static_cast<std::uint32_t>(i));
    const auto done = state_->sync_file(index, directories);
    if (!done) {
      state_->written[i].store(true);
      return state_->failed(index, done.error());
    }
  }
  path_walker walker(state_->root.get());
  for (const auto& path : directories) {
    const auto fd = walker.open_directory(path);
    if (!fd || ::fsync(fd->get()) != 0) {
      return failure{fd ? last_error() : fd.error(), state_->directory + '/' + path};
    }
  }
  return {};
}

void file_store::close() {
  state_->cache.clear();
}

const metainfo::file_layout& file_store::layout() const {
  return *state_->layout;
}

std::filesystem::path file_store::directory() const {
  return state_->directory;
}

}  // namespace shoal::disk
