#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>

#include <shoal/base/hex.hpp>
#include <shoal/disk/resume_file.hpp>

#include "disk/transfer.hpp"
#include "disk/unique_fd.hpp"

namespace shoal::disk {

namespace fs = std::filesystem;

namespace {

/// More than the largest torrent needs (2^24 pieces, 2^20 files).
constexpr off_t resume_bytes_max = off_t{128} << 20;

result<void> sync_directory_of(const fs::path& file) {
  const fs::path directory = file.has_parent_path() ? file.parent_path() : fs::path(".");
  const unique_fd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return last_error();
  if (::fsync(fd.get()) != 0 && errno != EINVAL) return last_error();  // EINVAL: it cannot be synced there
  return {};
}

result<void> write_whole(const fs::path& file, byte_view bytes) {
  // What a crash left behind goes; O_EXCL then makes sure that the file is ours and not reached by a link.
  ::unlink(file.c_str());
  const unique_fd fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666));
  if (!fd) return last_error();
  std::vector<iovec> list;
  append(list, bytes.data(), bytes.size());
  const auto written = write_at(fd.get(), list, 0);
  if (!written) return written;
  if (::fsync(fd.get()) != 0) return last_error();
  return {};
}

result<std::vector<std::byte>> read_whole(int fd) {
  struct stat found{};
  if (::fstat(fd, &found) != 0) return last_error();
  if (!S_ISREG(found.st_mode)) return errc::not_a_file;
  if (found.st_size > resume_bytes_max) return errc::resume_damaged;
  std::vector<std::byte> out(static_cast<std::size_t>(found.st_size));
  iovec place{out.data(), out.size()};
  const auto n = read_at(fd, {&place, 1}, 0);
  if (!n) return n.error();
  out.resize(*n);
  return out;
}

}  // namespace

fs::path resume_path(const fs::path& directory, const info_hash& torrent) {
  return directory / ("." + to_hex(torrent.wire().view()) + ".shoal-resume");
}

std::string unwanted_folder(const info_hash& torrent) {
  return "." + to_hex(torrent.wire().view()) + ".shoal-unwanted";
}

outcome<void> save_resume(const fs::path& file, const resume_data& d) {
  fs::path fresh = file;
  fresh += ".new";
  const std::string encoded = encode_resume(d);
  const auto written = write_whole(fresh, as_bytes(encoded));
  if (!written) {
    ::unlink(fresh.c_str());
    return failure{written.error(), fresh.string()};
  }
  if (std::rename(fresh.c_str(), file.c_str()) != 0) {
    const error code = last_error();
    ::unlink(fresh.c_str());
    return failure{code, file.string()};
  }
  const auto synced = sync_directory_of(file);
  if (!synced) return failure{synced.error(), file.string()};
  return {};
}

outcome<std::optional<resume_data>> load_resume(const fs::path& file) {
  const unique_fd fd(::open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!fd) {
    const error code = last_error();
    if (code == boost::system::errc::no_such_file_or_directory) return std::nullopt;
    return failure{code, file.string()};
  }
  const auto bytes = read_whole(fd.get());
  if (!bytes) return failure{bytes.error(), file.string()};
  auto decoded = decode_resume(*bytes);
  if (!decoded) return failure{decoded.error(), file.string()};
  return std::optional<resume_data>(std::move(*decoded));
}

}  // namespace shoal::disk
