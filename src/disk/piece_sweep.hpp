#pragma once
// Hashing many pieces of files on several threads: the part that making a torrent and checking one share.

#include <functional>
#include <span>
#include <vector>

#include <shoal/disk/content.hpp>
#include <shoal/piece/geometry.hpp>

namespace shoal::disk {

struct piece_sweep {
  piece::geometry geometry;
  std::vector<piece_index> pieces;  ///< those to be hashed
  unsigned threads = 0;             ///< 0: as many as the machine has
  progress_fn progress;

  /// Fills `out` from the byte space, on any thread; false when the bytes are not there, which leaves the
  /// piece out and goes on.
  std::function<outcome<bool>(std::uint64_t offset, std::span<std::byte> out)> read;
  /// Called on any thread, once a piece.
  std::function<void(piece_index, const sha1_digest&)> hashed;
};

/// Ends early with the first failure, or with operation_canceled when `progress` says so. Each thread holds
/// one buffer of 4 MiB; small pieces are hashed several at once, large ones as a stream.
outcome<void> run(const piece_sweep& sweep);

}  // namespace shoal::disk
