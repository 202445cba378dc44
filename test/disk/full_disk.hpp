#pragma once
// A place where the room ends, and one where the medium fails.

#include <filesystem>
#include <functional>
#include <sched.h>
#include <signal.h>
#include <string>
#include <sys/mount.h>
#include <sys/resource.h>
#include <thread>

#include <shoal/base/result.hpp>

#include "support/temp_directory.hpp"

namespace shoal::test {

/// Runs `body(directory, code)` where `directory` takes 64 KiB and writing more fails with `code`. As root on
/// a small file system, which is mounted for the calling thread and its children alone and so leaves nothing
/// behind (ENOSPC); else under a limit of the process (EFBIG).
inline void with_little_room(
    std::function<void(const std::filesystem::path&, boost::system::errc::errc_t)> body) {
  namespace posix = boost::system::errc;
  constexpr rlim_t room_bytes = 64 * 1024;
  bool done = false;
  std::thread([&] {
    const temp_directory here;
    const auto size = "size=" + std::to_string(room_bytes);
    if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("shoal", here.path().c_str(), "tmpfs", 0, size.c_str()) != 0) {
      return;
    }
    body(here.path(), posix::no_space_on_device);
    ::umount2(here.path().c_str(), MNT_DETACH);
    done = true;
  }).join();
  if (done) return;

  const temp_directory here;
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit little{room_bytes, before.rlim_max};
  const auto handler = ::signal(SIGXFSZ, SIG_IGN);
  ::setrlimit(RLIMIT_FSIZE, &little);
  body(here.path(), posix::file_too_large);
  ::setrlimit(RLIMIT_FSIZE, &before);
  ::signal(SIGXFSZ, handler);
}

/// A layout of the file "mem" below this directory is a regular file whose reads and writes fail with EIO:
/// nothing is mapped at a process's first addresses.
inline const std::filesystem::path broken_medium = "/proc/self";

}  // namespace shoal::test
