#pragma once
// The pieces begun and not yet verified: what of each block is missing, asked for or here. Memory is in
// proportion to these pieces and not to the torrent, but for one number a piece that finds its entry.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <shoal/base/fetch_early.hpp>
#include <shoal/base/strong.hpp>

namespace shoal::piece {

/// One begun piece. A block is *missing* (nobody is asked), *in flight* (somebody is) or *received*; one that
/// is received may still have askers, who were asked as well in endgame.
class piece_progress {
 public:
  piece_index piece() const { return piece_; }
  std::uint32_t block_count() const { return static_cast<std::uint32_t>(blocks_.size()); }
  std::uint32_t missing_count() const { return missing_; }
  std::uint32_t received_count() const { return received_; }
  /// All blocks are here: it is being verified.
  bool complete() const { return received_ == block_count(); }
  /// Nothing is here and nobody is asked.
  bool untouched() const { return missing_ == block_count(); }

  bool received(std::uint32_t block) const { return blocks_[block].received; }
  bool missing(std::uint32_t block) const { return !blocks_[block].received && blocks_[block].askers == 0; }
  /// Who sent a received block.
  peer_key sender(std::uint32_t block) const { return blocks_[block].sender; }
  /// How many peers are asked for this block.
  std::uint32_t asker_count(std::uint32_t block) const { return blocks_[block].askers; }
  bool asked(std::uint32_t block, peer_key who) const;
  /// Appends who is asked for this block.
  void askers(std::uint32_t block, std::vector<peer_key>& out) const;

  /// The first missing block; only when there is one. O(1) amortised.
  std::uint32_t next_missing();
  /// `who` is not yet asked for it, and it is not received.
  void ask(std::uint32_t block, peer_key who);
  /// Takes back that `who` is asked; false when it was not.
  bool forget(std::uint32_t block, peer_key who);
  /// It is not received yet. `who` is no longer asked for it.
  void receive(std::uint32_t block, peer_key who);

  void check() const;

 private:
  friend class progress_table;
  struct block_state {
    peer_key asker;  ///< the first, when there is one
    peer_key sender;
    std::uint32_t askers : 31 = 0;
    std::uint32_t received : 1 = 0;
  };
  /// A second or later asker: rare, so not in the block.
  struct further_asker {
    std::uint32_t block;
    peer_key who;
  };

  void reset(piece_index p, std::uint32_t blocks);

  piece_index piece_;
  std::uint32_t missing_ = 0;
  std::uint32_t received_ = 0;
  std::uint32_t first_missing_ = 0;  // no block before it is missing
  std::vector<block_state> blocks_;
  std::vector<further_asker> further_;
};

/// All begun pieces, the open ones (those a pick may continue) first. References are good until the next
/// `begin`, `end` or `set_open`.
class progress_table {
 public:
  explicit progress_table(std::uint32_t pieces) : entry_of_(pieces, none) {}

  std::size_t size() const { return live_; }
  std::span<const piece_progress> all() const { return {entries_.data(), live_}; }
  std::span<const piece_progress> open() const { return {entries_.data(), open_}; }
  bool contains(piece_index p) const { return entry_of_[p.index()] != none; }
  /// Null when it is not begun.
  const piece_progress* find(piece_index p) const {
    return contains(p) ? &entries_[entry_of_[p.index()]] : nullptr;
  }
  piece_progress* find(piece_index p) { return contains(p) ? &entries_[entry_of_[p.index()]] : nullptr; }

  /// Not begun yet. It is not open until `set_open`.
  piece_progress& begin(piece_index p, std::uint32_t blocks);
  /// Forgets the piece, begun before.
  void end(piece_index p);
  void set_open(piece_index p, bool open);

  /// See `swarm::torrent_core`.
  void fetch_early() const {
    constexpr std::size_t entries_max = 8;
    shoal::fetch_early(entries_.data(), std::min(live_, entries_max) * sizeof(piece_progress));
  }

  void check() const;

 private:
  static constexpr std::uint32_t none = 0xffffffff;

  void swap_entries(std::size_t a, std::size_t b);

  // Open, other begun, spare: spare entries keep their vectors, so that beginning a piece does not allocate.
  std::vector<piece_progress> entries_;
  std::size_t open_ = 0;
  std::size_t live_ = 0;
  std::vector<std::uint32_t> entry_of_;
};

}  // namespace shoal::piece
