#include "disk/transfer.hpp"

#include <algorithm>
#include <cerrno>
#include <limits.h>

#include "disk/unique_fd.hpp"

namespace shoal::disk {

namespace {

/// Drops the first `n` bytes.
std::span<iovec> drop_first(std::span<iovec> list, std::size_t n) {
  while (!list.empty() && n >= list.front().iov_len) {
    n -= list.front().iov_len;
    list = list.subspan(1);
  }
  if (n > 0) {
    list.front().iov_base = static_cast<std::byte*>(list.front().iov_base) + n;
    list.front().iov_len -= n;
  }
  return list;
}

/// Repeats `step(list, count, offset)` until all is done or it gives 0.
template <class Step>
result<std::uint64_t> repeat(std::span<iovec> list, std::uint64_t offset, Step step) {
  std::uint64_t done = 0;
  for (list = drop_first(list, 0); !list.empty();) {
    const int count = static_cast<int>(std::min<std::size_t>(list.size(), IOV_MAX));
    const ssize_t n = step(list.data(), count, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return last_error();
    if (n == 0) break;
    done += static_cast<std::uint64_t>(n);
    list = drop_first(list, static_cast<std::size_t>(n));
  }
  return done;
}

}  // namespace

void append(std::vector<iovec>& list, const std::byte* data, std::size_t size) {
  if (!list.empty() && static_cast<const std::byte*>(list.back().iov_base) + list.back().iov_len == data) {
    list.back().iov_len += size;
  } else {
    list.push_back({const_cast<std::byte*>(data), size});
  }
}

result<std::uint64_t> read_at(int fd, std::span<iovec> list, std::uint64_t offset) {
  return repeat(list, offset,
                [fd](const iovec* v, int count, off_t at) { return ::preadv(fd, v, count, at); });
}

result<std::uint64_t> read_cached_at(int fd, std::span<iovec> list, std::uint64_t offset) {
  return repeat(list, offset, [fd](const iovec* v, int count, off_t at) {
    return ::preadv2(fd, v, count, at, RWF_NOWAIT);
  });
}

result<void> write_at(int fd, std::span<iovec> list, std::uint64_t offset) {
  std::uint64_t wanted = 0;
  for (const auto& v : list) {
    wanted += v.iov_len;
  }
  const auto done =
      repeat(list, offset, [fd](const iovec* v, int count, off_t at) { return ::pwritev(fd, v, count, at); });
  if (!done) return done.error();
  if (*done != wanted) {  // a write of nothing: not to be repeated for ever
    return boost::system::errc::make_error_code(boost::system::errc::io_error);
  }
  return {};
}

}  // namespace shoal::disk
