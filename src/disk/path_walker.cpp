#include "disk/path_walker.hpp"

#include <algorithm>
#include <cassert>

#include <shoal/disk/file_store.hpp>

namespace shoal::disk {

namespace {

/// Why a component could not be opened: a link and a thing of the wrong kind have names of their own.
error explain(int directory, const std::string& name, error code) {
  namespace posix = boost::system::errc;
  if (code != posix::not_a_directory && code != posix::too_many_symbolic_link_levels) {
    const bool wrong_kind = code == posix::is_a_directory || code == posix::no_such_device_or_address;
    return wrong_kind ? error(errc::not_a_file) : code;
  }
  struct stat found{};
  const bool link =
      ::fstatat(directory, name.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(found.st_mode);
  return link ? errc::symlink_below : errc::not_a_file;
}

result<unique_fd> enter(int directory, const std::string& name, parents p) {
  assert(!name.empty() && name != "." && name != "..");
  if (p == parents::create && ::mkdirat(directory, name.c_str(), 0777) != 0 && errno != EEXIST) {
    return last_error();
  }
  unique_fd next(::openat(directory, name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!next) return explain(directory, name, last_error());
  return next;
}

struct split {
  std::string_view parent;
  std::string name;
};
split split_last(std::string_view path) {
  const auto slash = path.rfind('/');
  if (slash == std::string_view::npos) return {{}, std::string(path)};
  return {path.substr(0, slash), std::string(path.substr(slash + 1))};
}

}  // namespace

result<int> path_walker::parent_of(std::string_view path, parents p) {
  const auto wanted = split_last(path).parent;
  if (wanted.empty()) return root_;
  if (parent_ && wanted == parent_path_) return parent_.get();

  unique_fd at;
  for (std::size_t begin = 0; begin <= wanted.size();) {
    const auto end = std::min(wanted.find('/', begin), wanted.size());
    auto next = enter(at ? at.get() : root_, std::string(wanted.substr(begin, end - begin)), p);
    if (!next) return next.error();
    at = std::move(*next);
    begin = end + 1;
  }
  parent_ = std::move(at);
  parent_path_ = wanted;
  return parent_.get();
}

result<unique_fd> path_walker::open_file(std::string_view path, int flags, parents p, last_link l,
                                         mode_t mode) {
  const auto directory = parent_of(path, p);
  if (!directory) return directory.error();
  const std::string name = split_last(path).name;
  assert(!name.empty() && name != "." && name != "..");

  // O_NONBLOCK: a fifo or a device in the file's place must not make us wait.
  const int no_follow = l == last_link::refuse ? O_NOFOLLOW : 0;
  unique_fd fd(::openat(*directory, name.c_str(), flags | no_follow | O_CLOEXEC | O_NONBLOCK, mode));
  if (!fd) return explain(*directory, name, last_error());
  struct stat found{};
  if (::fstat(fd.get(), &found) != 0) return last_error();
  if (!S_ISREG(found.st_mode)) return errc::not_a_file;
  return fd;
}

result<struct stat> path_walker::stat_file(std::string_view path, last_link l) {
  const auto directory = parent_of(path, parents::must_exist);
  if (!directory) return directory.error();
  struct stat found{};
  const int flags = l == last_link::refuse ? AT_SYMLINK_NOFOLLOW : 0;
  if (::fstatat(*directory, split_last(path).name.c_str(), &found, flags) != 0) return last_error();
  if (S_ISLNK(found.st_mode)) return errc::symlink_below;
  if (!S_ISREG(found.st_mode)) return errc::not_a_file;
  return found;
}

result<void> path_walker::move_file(std::string_view from, std::string_view to) {
  path_walker other(root_);
  const auto source = other.parent_of(from, parents::must_exist);
  if (!source) return source.error();
  const auto target = parent_of(to, parents::create);
  if (!target) return target.error();
  if (::renameat(*source, split_last(from).name.c_str(), *target, split_last(to).name.c_str()) != 0) {
    return last_error();
  }
  return {};
}

result<void> path_walker::remove_directory(std::string_view path) {
  const auto above = parent_of(path, parents::must_exist);
  if (!above) return above.error();
  if (::unlinkat(*above, split_last(path).name.c_str(), AT_REMOVEDIR) != 0) return last_error();
  return {};
}

result<unique_fd> path_walker::open_directory(std::string_view path) {
  const auto above = parent_of(path, parents::must_exist);
  if (!above) return above.error();
  const std::string name = path.empty() ? "." : split_last(path).name;
  unique_fd fd(::openat(*above, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd) return explain(*above, name, last_error());
  return fd;
}

}  // namespace shoal::disk
