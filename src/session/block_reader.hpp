#pragma once
// Blocks on their way from the disk to peers: what the core wants loaded is gathered into read jobs, as far
// as there are buffers. Lives on the torrent's strand.

#include <memory>
#include <span>
#include <vector>

#include <shoal/base/ring.hpp>
#include <shoal/disk/disk_pool.hpp>
#include <shoal/piece/geometry.hpp>
#include <shoal/swarm/event.hpp>

#include "session/services.hpp"

namespace shoal {

/// Called on the torrent's strand, never from within a call of the reader.
class reader_owner {
 public:
  virtual ~reader_owner() = default;
  /// Answers to loads; data[i] belongs to blocks[i] and may be taken.
  virtual void blocks_read(std::span<const swarm::block_loaded> blocks, std::span<buffer::lease> data) = 0;
  virtual void read_failed(const failure& why) = 0;
};

class block_reader {
 public:
  block_reader(services& s, net::strand strand, reader_owner& owner, std::shared_ptr<disk::file_store> store,
               const piece::geometry& geometry);

  void load(peer_key key, const block_ref& block) { queue_.push_back({key, block}); }
  /// Hands what was queued to the disk.
  void flush();
  /// Nothing is at the disk or waits for buffers.
  bool idle() const { return at_disk_ == 0 && queue_.empty() && !waiting_; }

 private:
  struct wanted {
    peer_key key;
    block_ref block;
  };

  /// A few jobs at a time are done here, where their bytes are in the page cache: no hop to another thread,
  /// and the link sends them while they are warm. What is more is shared among the disk threads.
  void submit(std::vector<wanted> items, std::vector<buffer::lease> buffers);
  void ask_disk(std::vector<wanted> items, disk::read_job job);
  void finished(const outcome<void>& result, disk::read_job& job, const std::vector<wanted>& items);
  void wait_for_buffers();

  services& services_;
  net::strand strand_;
  reader_owner& owner_;
  std::shared_ptr<disk::file_store> store_;
  piece::geometry geometry_;
  ring<wanted> queue_;
  std::size_t at_disk_ = 0;
  bool waiting_ = false;
  std::size_t reading_here_ = 0;  ///< jobs that are about to be done on the strand
};

}  // namespace shoal
