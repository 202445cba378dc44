#pragma once
// Gathered reads and writes that go on after an interruption or a part.

#include <cstdint>
#include <span>
#include <sys/uio.h>
#include <vector>

#include <shoal/base/bytes.hpp>
#include <shoal/base/result.hpp>

namespace shoal::disk {

/// Appends memory to a gather list; memory that goes on where the last entry ends makes it longer instead.
void append(std::vector<iovec>& list, const std::byte* data, std::size_t size);

/// Hands out chunks, laid end to end, in pieces of any length.
template <class Chunk>  // byte_view or std::span<std::byte>
class chunk_cursor {
 public:
  explicit chunk_cursor(std::span<const Chunk> chunks) : chunks_(chunks) {}

  /// Calls f(chunk) for the next `length` bytes, which must be there.
  template <class F>
  void take(std::uint64_t length, F f) {
    while (length > 0) {
      const Chunk rest = chunks_.front().subspan(used_);
      const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(length, rest.size()));
      if (n > 0) f(rest.first(n));
      used_ += n;
      length -= n;
      if (used_ == chunks_.front().size()) {
        chunks_ = chunks_.subspan(1);
        used_ = 0;
      }
    }
  }

 private:
  std::span<const Chunk> chunks_;
  std::size_t used_ = 0;  ///< of the first
};

/// Fills `list` (which it uses up) from the file at `offset`; returns the bytes that were there.
result<std::uint64_t> read_at(int fd, std::span<iovec> list, std::uint64_t offset);
/// The same, but stops at the first byte that is not in memory, so that it never waits for a medium. Some
/// file systems cannot promise that (operation_not_supported).
result<std::uint64_t> read_cached_at(int fd, std::span<iovec> list, std::uint64_t offset);
/// Writes all of `list` (which it uses up).
result<void> write_at(int fd, std::span<iovec> list, std::uint64_t offset);

}  // namespace shoal::disk
