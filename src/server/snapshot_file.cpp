#include "server/snapshot_file.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include <shoal/registry/snapshot.hpp>

namespace shoal::server {

namespace fs = std::filesystem;

namespace {

class descriptor {
 public:
  explicit descriptor(int number) : number_(number) {}
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() {
    if (number_ >= 0) {
      ::close(number_);
    }
  }
  explicit operator bool() const { return number_ >= 0; }
  int get() const { return number_; }

 private:
  int number_;
};

error last_error() {
  return {errno, boost::system::system_category()};
}

error write_all(int to, byte_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(to, bytes.data(), bytes.size());
    if (n < 0 && errno != EINTR) {
      return last_error();
    }
    bytes = bytes.subspan(static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
  }
  return {};
}

error write_swarms(int to, const swarm_shards& swarms, instant now, std::uint64_t unix_now_ms) {
  std::vector<std::byte> bytes;
  registry::snapshot_writer writer({unix_now_ms, swarms.tick()}, bytes);
  error failed = write_all(to, bytes);
  swarms.save(now, false, [&](byte_view excerpts) {
    bytes.clear();
    writer.block(excerpts);
    failed = write_all(to, bytes);
    return !failed;
  });
  if (failed) {
    return failed;
  }
  bytes.clear();
  writer.end();
  return write_all(to, bytes);
}

error sync_directory_of(const fs::path& file) {
  const fs::path directory = file.has_parent_path() ? file.parent_path() : fs::path(".");
  const descriptor d(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!d || (::fsync(d.get()) != 0 && errno != EINVAL)) {  // EINVAL: it cannot be synced there
    return last_error();
  }
  return {};
}

error read_all(int from, std::vector<std::byte>& out) {
  struct stat found{};
  if (::fstat(from, &found) != 0) {
    return last_error();
  }
  if (!S_ISREG(found.st_mode)) {
    return registry::errc::snapshot_foreign;
  }
  out.resize(static_cast<std::size_t>(found.st_size));
  std::size_t used = 0;
  while (used < out.size()) {
    const ssize_t n = ::read(from, out.data() + used, out.size() - used);
    if (n < 0 && errno != EINTR) {
      return last_error();
    }
    if (n == 0) {
      break;
    }
    used += static_cast<std::size_t>(std::max<ssize_t>(n, 0));
  }
  out.resize(used);
  return {};
}

}  // namespace

outcome<void> save_snapshot(const fs::path& file, const swarm_shards& swarms, instant now,
                            std::uint64_t unix_now_ms) {
  fs::path fresh = file;
  fresh += ".new";
  // What a crash left behind goes; O_EXCL then makes sure that the file is ours and not reached by a link.
  ::unlink(fresh.c_str());
  const descriptor d(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!d) {
    return failure{last_error(), fresh.string()};
  }
  error failed = write_swarms(d.get(), swarms, now, unix_now_ms);
  if (!failed && ::fsync(d.get()) != 0) {
    failed = last_error();
  }
  if (!failed && std::rename(fresh.c_str(), file.c_str()) != 0) {
    failed = last_error();
  }
  if (failed) {
    ::unlink(fresh.c_str());
  } else {
    failed = sync_directory_of(file);
  }
  if (failed) {
    return failure{failed, file.string()};
  }
  return {};
}

outcome<bool> load_snapshot(const fs::path& file, swarm_shards& swarms, instant now,
                            std::uint64_t unix_now_ms, duration silence_max) {
  const descriptor d(::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!d) {
    const error code = last_error();
    if (code == boost::system::errc::no_such_file_or_directory) {
      return false;
    }
    return failure{code, file.string()};
  }
  std::vector<std::byte> bytes;
  if (const error failed = read_all(d.get(), bytes)) {
    return failure{failed, file.string()};
  }
  auto reader = registry::snapshot_reader::open(bytes);
  if (!reader) {
    return failure{reader.error(), file.string()};
  }
  const std::uint64_t age_ms = unix_now_ms - std::min(unix_now_ms, reader->head().saved_at_ms);
  const auto silence_max_ms = std::chrono::duration_cast<std::chrono::milliseconds>(silence_max).count();
  if (age_ms > static_cast<std::uint64_t>(silence_max_ms)) {
    return failure{registry::errc::snapshot_old, file.string()};
  }
  registry::lesson how;
  how.tick = reader->head().tick;
  how.silent = std::chrono::milliseconds(age_ms);
  while (const auto block = reader->next()) {
    swarms.learn(now, *block, how);
  }
  return true;
}

}  // namespace shoal::server
