#pragma once
// The form of a file that keeps a tracker's swarms while it does not run:
//
//     "shoaltrk" | version (u32) | saved at (u64, ms since 1970) | length of a tick (u64, ns)
//     blocks: length (u32) | excerpts | digest (20)
//     length 0 (u32) | digest (20)
//
// A digest is the SHA-1 of the digest before it (of the head, for the first), the length and the excerpts; so
// a file that is cut anywhere, or of which a part is of another, is found out. It protects from accidents,
// not from whoever may write the file.

#include <cstdint>
#include <optional>
#include <vector>

#include <shoal/base/bytes.hpp>
#include <shoal/base/result.hpp>
#include <shoal/base/time.hpp>
#include <shoal/hash/digest.hpp>
#include <shoal/registry/category.hpp>

namespace shoal::registry {

struct snapshot_head {
  std::uint64_t saved_at_ms = 0;  ///< since 1970
  duration tick{};                ///< the unit of ages; positive, and less than 30 days

  friend bool operator==(const snapshot_head&, const snapshot_head&) = default;
};

/// Blocks are of this size at most.
inline constexpr std::size_t snapshot_block_bytes_max = std::size_t{1} << 20;

/// Appends the parts of a file to a buffer that its owner empties.
class snapshot_writer {
 public:
  snapshot_writer(const snapshot_head& head, std::vector<std::byte>& out);
  /// 1 to `snapshot_block_bytes_max` bytes of whole excerpts.
  void block(byte_view excerpts);
  void end();

 private:
  void seal(byte_view excerpts);

  std::vector<std::byte>& out_;
  sha1_digest last_;
};

/// A whole file, checked from end to end before any of it is given.
class snapshot_reader {
 public:
  /// snapshot_foreign, snapshot_version or snapshot_torn. The bytes outlive the reader.
  static result<snapshot_reader> open(byte_view file);

  const snapshot_head& head() const { return head_; }
  /// The next block's excerpts; nothing after the last.
  std::optional<byte_view> next();

 private:
  snapshot_reader(const snapshot_head& head, byte_view blocks) : head_(head), blocks_(blocks) {}

  snapshot_head head_;
  byte_view blocks_;
};

}  // namespace shoal::registry
