#pragma once
// Whose turn it is to write. The kernel lets one thread at a time write into a file, and lets who waits for
// that burn its core. So one thread at a time writes into a torrent's files, and is left what others bring
// meanwhile; they go back to hashing.

#include <mutex>
#include <unordered_map>
#include <vector>

#include <shoal/disk/disk_pool.hpp>

namespace shoal::disk {

/// A piece whose digest is known.
struct hashed_piece {
  piece_job job;
  piece_sink sink;
  outcome<sha1_digest> digest;
};

class write_turns {
 public:
  /// Writes the good ones of `pieces`, all of one store, and then whatever came meanwhile; or leaves
  /// them to the thread that is writing into that store. Returns how many pieces were done here.
  std::size_t write(std::vector<hashed_piece> pieces);

 private:
  std::mutex mutex_;
  /// What waits for the thread that writes; a store is listed while there is one.
  std::unordered_map<const file_store*, std::vector<hashed_piece>> waiting_;
};

}  // namespace shoal::disk
