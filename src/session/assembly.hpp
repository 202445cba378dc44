#pragma once
// Pieces on their way from blocks to the disk. It holds the buffers of a piece until the disk pool has hashed
// and written it, keeps what the disk refused, gives buffers back early when they run short, and finds out
// who lied. Lives on the torrent's strand.
//
// Finding the liar: when a piece of several senders fails, each of its blocks' digests is kept with its
// sender's address; when a later copy of the piece is good, whoever sent a block that differs from it lied.
// Only blocks whose buffers were still here can be compared (not those spilled early).

#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include <shoal/base/endpoint.hpp>
#include <shoal/disk/disk_pool.hpp>
#include <shoal/metainfo/torrent_info.hpp>
#include <shoal/piece/geometry.hpp>
#include <shoal/swarm/event.hpp>

#include "session/services.hpp"

namespace shoal {

/// Called on the torrent's strand, never from within a call of the assembly.
class assembly_owner {
 public:
  virtual ~assembly_owner() = default;
  virtual void pieces_done(std::span<const swarm::piece_verified> verdicts) = 0;
  virtual void peer_lied(const ip_address& who) = 0;
  virtual void disk_refused(const failure& why) = 0;
  virtual void disk_works_again() = 0;
};

class assembly {
 public:
  assembly(services& s, net::strand strand, assembly_owner& owner, std::shared_ptr<disk::file_store> store,
           std::shared_ptr<const metainfo::torrent_info> info, const piece::geometry& geometry);

  void store(const block_ref& block, buffer::lease data, const ip_address& from);
  /// Takes note of a piece that is whole; `flush` sends all such to the disk.
  void verify(piece_index piece);
  void flush();
  /// When buffers run short and none will come back by itself, writes the blocks of the piece least likely to
  /// be whole soon.
  void relieve();
  /// Tries again to write what the disk refused.
  void retry();
  /// The disk refused something and has taken nothing since.
  bool failing() const { return failing_; }
  /// Nothing is at the disk.
  bool idle() const { return at_disk_ == 0 && whole_.empty(); }

 private:
  struct piece_in_hand {
    std::vector<disk::block_slot> slots;
    std::vector<ip_address> from;
    std::size_t received = 0;
  };
  /// A copy that failed.
  struct failed_copy {
    std::vector<std::optional<sha1_digest>> digests;
    std::vector<ip_address> from;
  };

  void finished(std::vector<disk::piece_outcome> outcomes);
  void finished(disk::piece_outcome outcome, std::vector<swarm::piece_verified>& verdicts);
  void refused(const failure& why);
  void recovered();
  void remember(const disk::piece_job& job, const std::vector<ip_address>& from);
  void accuse(const disk::piece_job& job);
  void spill(piece_index piece, piece_in_hand& hand);
  void spilled(const outcome<void>& result, const disk::spill_job& job, piece_index piece, std::size_t first);

  services& services_;
  net::strand strand_;
  assembly_owner& owner_;
  std::shared_ptr<disk::file_store> store_;
  std::shared_ptr<const metainfo::torrent_info> info_;
  piece::geometry geometry_;
  std::unordered_map<piece_index, piece_in_hand> hands_;
  std::unordered_map<piece_index, std::vector<ip_address>> senders_;  // of pieces at the disk
  std::unordered_map<piece_index, std::vector<failed_copy>> failed_;
  std::vector<disk::piece_job> whole_;  // to be sent to the disk
  std::vector<disk::piece_job> unwritten_;
  disk::piece_sink sink_;
  std::size_t at_disk_ = 0;
  bool failing_ = false;
};

}  // namespace shoal
