#pragma once
// Strong index types: a piece index is not a block index is not a byte count, and mixing them up does not
// compile. An index is ordered, hashable and convertible to its number only by name.

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace shoal {

/// A number that counts one kind of thing. `Tag` makes the kind; `Rep` is its width.
template <class Tag, class Rep = std::uint32_t>
class strong_index {
 public:
  using rep = Rep;

  constexpr strong_index() = default;
  explicit constexpr strong_index(Rep value) : value_(value) {}

  /// The number itself, for arithmetic, the wire and the disk.
  constexpr Rep value() const { return value_; }
  /// The number as an index into a container.
  constexpr std::size_t index() const { return static_cast<std::size_t>(value_); }

  constexpr strong_index& operator++() {
    ++value_;
    return *this;
  }
  friend constexpr auto operator<=>(strong_index, strong_index) = default;

 private:
  Rep value_ = 0;
};

/// Index of a piece in its torrent (BEP 3).
using piece_index = strong_index<struct piece_index_tag>;
/// Index of a file in its torrent, in the order of the metainfo.
using file_index = strong_index<struct file_index_tag>;
/// Names one peer connection of one torrent. Given by the shell, never reused within a torrent's life,
/// so a late event about a connection that is gone cannot hit another.
using peer_key = strong_index<struct peer_key_tag>;

/// Bytes in a block: what one `request` asks for (BEP 3: "2^14 (16 KiB)").
inline constexpr std::uint32_t block_bytes = 16 * 1024;

/// A run of bytes inside one piece: what `request`, `piece`, `cancel` and `reject` name.
/// From the wire it can say anything; `piece::geometry::contains` tells whether it can be.
struct block_ref {
  piece_index piece;
  std::uint32_t begin = 0;   ///< byte offset inside the piece
  std::uint32_t length = 0;  ///< bytes

  friend constexpr auto operator<=>(const block_ref&, const block_ref&) = default;
};

}  // namespace shoal

template <class Tag, class Rep>
struct std::hash<shoal::strong_index<Tag, Rep>> {
  std::size_t operator()(shoal::strong_index<Tag, Rep> i) const noexcept {
    return std::hash<Rep>{}(i.value());
  }
};
