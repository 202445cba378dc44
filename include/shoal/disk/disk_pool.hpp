#pragma once
// The threads that touch files and hash, so that no disk ever stalls the network. Jobs are values; `done` is
// called once, on a disk thread, and should only post. Jobs of one kind start in order; nothing is promised
// about their end: whoever spills blocks waits for that before he submits their piece, and whoever reads
// waits for what he wrote.
//
// Finished pieces are hashed several at once, which halves the cost. Small ones therefore wait for others,
// but only for 3 ms: then those that are there are hashed.

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include <shoal/base/result.hpp>
#include <shoal/base/strong.hpp>
#include <shoal/buffer/pool.hpp>
#include <shoal/disk/file_store.hpp>
#include <shoal/hash/digest.hpp>

namespace shoal::disk {

/// One block of a piece on its way to the disk.
struct block_slot {
  buffer::lease data;        ///< empty: its bytes are on disk already (spilled earlier)
  std::uint32_t length = 0;  ///< bytes
};

/// A finished piece: hash it; if it is what it should be, write what is not on disk yet.
struct piece_job {
  std::shared_ptr<file_store> store;
  piece_index piece;
  std::uint64_t offset = 0;        ///< in the torrent's byte space
  std::vector<block_slot> blocks;  ///< in order, the whole piece
  sha1_digest expected;
};

struct piece_outcome {
  enum class verdict : std::uint8_t { written, hash_mismatch, io_failed };
  verdict what = verdict::io_failed;
  failure why;    ///< of io_failed
  piece_job job;  ///< given back, so that a piece that the disk refused is not lost
};

/// Where verdicts on pieces go, several at a time; called on a disk thread, and should only post.
using piece_sink = std::shared_ptr<const std::function<void(std::vector<piece_outcome>)>>;

/// Writes blocks of an unfinished piece early to free their buffers. They are read back to be hashed, a few
/// at a time, so that a large piece needs little memory.
struct spill_job {
  std::shared_ptr<file_store> store;
  std::uint64_t offset = 0;
  std::vector<block_slot> blocks;  ///< adjacent
};

/// Fills buffers from the files.
struct read_item {
  std::uint64_t offset = 0;
  std::uint32_t length = 0;  ///< at most block_bytes
  buffer::lease into;        ///< unique
};
struct read_job {
  std::shared_ptr<file_store> store;
  std::vector<read_item> items;
};

/// Does the job here and now, if that takes no waiting: all that it asks for is in the page cache, in files
/// that are open. False: it has to be submitted. 0.1 ms for 64 blocks.
bool read_cached(const read_job& job);

class disk_pool {
 public:
  explicit disk_pool(unsigned threads);
  /// Finishes what was submitted. Not on a disk thread.
  ~disk_pool();

  /// One verdict a job, in any order. What goes to one sink comes together where it was done together.
  void submit(std::vector<piece_job> jobs, const piece_sink& sink);
  void submit(spill_job job, std::function<void(outcome<void>, spill_job)> done);
  void submit(read_job job, std::function<void(outcome<void>, read_job)> done);
  /// Anything else that may block (stat, resume files, prepare). `work` is called on a disk thread.
  void submit(std::function<void()> work);

  /// Jobs submitted and not done.
  std::size_t pending() const;
  /// Threads that one job may keep busy by itself, this pool's among them: its share, so that all jobs that
  /// are here now keep as many busy as the pool has. At least 1.
  unsigned share() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace shoal::disk
