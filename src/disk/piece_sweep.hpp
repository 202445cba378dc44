#pragma once
// Hashing many pieces of files on several threads: the part that making a torrent and checking one share.

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include <shoal/disk/content.hpp>
#include <shoal/disk/file_mapping.hpp>
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
  /// The bytes from `offset` on, as many as can be had without reading them and at most `length_max`; nothing
  /// when these are fewer than `length_min` (> 0). May be empty: then everything is read.
  std::function<std::optional<file_mapping>(std::uint64_t offset, std::size_t length_min,
                                            std::size_t length_max)>
      map;
  /// Called on any thread, once a piece.
  std::function<void(piece_index, const sha1_digest&)> hashed;
};

/// Ends early with the first failure, or with operation_canceled when `progress` says so. Several pieces are
/// hashed at once where they are mapped or small; large ones that must be read are hashed as a stream. A
/// thread that reads holds a buffer of 4 MiB at most.
outcome<void> run(const piece_sweep& sweep);

}  // namespace shoal::disk
