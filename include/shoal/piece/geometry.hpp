#pragma once
// Arithmetic of pieces and blocks. The one place that knows that the last piece and the last block are short.

#include <algorithm>
#include <cstdint>

#include <shoal/base/strong.hpp>

namespace shoal::piece {

class geometry {
 public:
  geometry() = default;
  /// `total_bytes` > 0; `piece_length` > 0. Blocks are of 16 KiB (BEP 3) on the wire; a simulation may look
  /// at coarser ones.
  geometry(std::uint64_t total_bytes, std::uint32_t piece_length, std::uint32_t block_length = block_bytes)
      : total_(total_bytes),
        piece_length_(piece_length),
        block_length_(block_length),
        pieces_(static_cast<std::uint32_t>((total_bytes + piece_length - 1) / piece_length)) {}

  std::uint64_t total_bytes() const { return total_; }
  std::uint32_t piece_length() const { return piece_length_; }
  std::uint32_t piece_count() const { return pieces_; }
  /// Bytes of every block but a piece's last.
  std::uint32_t block_length() const { return block_length_; }

  bool contains(piece_index p) const { return p.value() < pieces_; }
  /// Bytes of this piece.
  std::uint32_t piece_bytes(piece_index p) const {
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(piece_length_, total_ - piece_offset(p)));
  }
  /// Where the piece starts in the torrent's byte space.
  std::uint64_t piece_offset(piece_index p) const { return std::uint64_t{p.value()} * piece_length_; }

  std::uint32_t block_count(piece_index p) const {
    return (piece_bytes(p) + block_length_ - 1) / block_length_;
  }
  /// The n-th block of a piece, as we ask for it.
  block_ref block(piece_index p, std::uint32_t n) const {
    const std::uint32_t begin = n * block_length_;
    return {p, begin, std::min(block_length_, piece_bytes(p) - begin)};
  }
  std::uint32_t block_number(const block_ref& b) const { return b.begin / block_length_; }

  /// Inside the torrent and not empty: what any peer may ask for.
  bool contains(const block_ref& b) const {
    return contains(b.piece) && b.length > 0 && b.begin < piece_bytes(b.piece) &&
           b.length <= piece_bytes(b.piece) - b.begin;
  }
  /// Exactly one of our blocks: what answers our requests.
  bool is_block(const block_ref& b) const {
    return contains(b.piece) && b.begin % block_length_ == 0 && b.begin < piece_bytes(b.piece) &&
           block(b.piece, block_number(b)) == b;
  }

 private:
  std::uint64_t total_ = 0;
  std::uint32_t piece_length_ = 0;
  std::uint32_t block_length_ = block_bytes;
  std::uint32_t pieces_ = 0;
};

}  // namespace shoal::piece
