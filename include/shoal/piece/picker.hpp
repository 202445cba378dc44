#pragma once
// What to fetch next, and from whom what is awaited.
//
// Rules, with their reasons (BEP 3; Cohen 2003, "Incentives build robustness in BitTorrent"; Legout et al.
// 2006):
//  1. Strict priority: the missing blocks of a piece already begun come before a new piece, since only whole
//     pieces can be shared. Among begun pieces the one nearest to completion comes first: each was the rarest
//     when it was begun, and the sooner one is whole, the sooner it is shared and its buffer is free.
//  2. Rarest first: a new piece is one that the fewest peers have, chosen at random among equals, so that
//     peers diverge and no piece dies out.
//  3. Random first piece: until one piece is whole, take any at random; a rare piece comes from few peers and
//     slowly, and a peer with nothing has nothing to trade.
//  4. Endgame: when every wanted block is asked for, ask others as well, so that one slow peer does not hold
//     up the end; at most `endgame_copies_max` askings of one block, to bound the waste.
//  5. Sequential, when asked for, replaces 2 and 3, and the choice in 1, by the lowest index.
//  6. A piece that is wanted by some time (somebody plays or copies the content while it comes) stands
//     outside of all that: `pick` never gives it. `deadlines` tells of such pieces, and who knows the peers
//     asks those that are fast with `pick_due`, and several when time runs out.
//  7. A rare piece, which a single peer has beside the seeds, may be asked of it whole as soon as it tells
//     (`pick_rare`): the uplinks of all who wait for something new wait for it. That goes with 2, where no
//     piece of a higher priority is to be begun.
// Blocks of one piece go to one asker in a row, as the disk likes them, but any number of peers may share a
// piece. Higher priority comes first among the begun and among the new; a begun piece of any priority comes
// before a new one.
//
// Cost: a HAVE, a pick of a piece that the peer has among the rarest, and every block event are O(1)
// amortised. A pick looks at each open piece (begun, with blocks that nobody is asked for): rule 1 keeps them
// few. A peer with few of the rare pieces costs a search over its bit words for a new piece; past some
// thousand pieces it is content with the rarest of a sample. A pick in endgame looks at the blocks in flight.
// Nothing scans all pieces per message.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <shoal/base/bitfield.hpp>
#include <shoal/base/rng.hpp>
#include <shoal/base/strong.hpp>
#include <shoal/base/time.hpp>
#include <shoal/piece/availability.hpp>
#include <shoal/piece/geometry.hpp>
#include <shoal/piece/piece_progress.hpp>

namespace shoal::piece {

struct picker_settings {
  bool sequential = false;
  /// Peers that may be asked for one block in endgame.
  std::uint32_t endgame_copies_max = 3;
  /// Any piece at random instead of rule 2: what experiments hold rarest first against.
  bool random = false;
};

/// A piece that is wanted by then.
struct piece_deadline {
  instant by;
  piece_index piece;
};

class picker {
 public:
  /// Pieces with deadlines at a time.
  static constexpr std::size_t deadlines_max = 1024;

  /// All pieces missing and wanted at priority 4.
  picker(const geometry& g, const picker_settings& s, std::uint64_t seed);

  // What we want.

  /// 0: do not fetch; 1 to 7: fetch, higher first. Pieces we have may be given any; it counts for nothing.
  void set_priority(piece_index p, std::uint8_t priority);
  std::uint8_t priority(piece_index p) const;
  void set_sequential(bool on);
  /// By when; nothing: as any other piece. What is ours has none, and a piece that is not wanted is not
  /// fetched for it. Beyond `deadlines_max` the latest go. O(deadlines).
  void set_deadline(piece_index p, std::optional<instant> by);
  /// Earliest first.
  std::span<const piece_deadline> deadlines() const { return deadlines_; }
  /// Verified and ours, from resume data or a download. Forgets its progress.
  void mark_have(piece_index p);
  /// No longer ours (its data went missing on disk): missing, and wanted again at its priority.
  void mark_missing(piece_index p);
  const bitfield& have() const;
  /// Wanted (priority > 0) and not ours.
  bool wants(piece_index p) const;
  std::uint32_t wanted_count() const;
  /// Bytes of the wanted pieces that are not ours.
  std::uint64_t wanted_bytes() const;
  /// How many pieces of `has` we want. One pass over the words.
  std::uint32_t wanted_in(const bitfield& has) const;

  /// See `swarm::torrent_core`.
  void fetch_early() const {
    peers_.fetch_early();
    progress_.fetch_early();
  }

  // What peers have.

  void peer_joined(const bitfield& has);
  void peer_left(const bitfield& has);
  /// A HAVE that told something new about a peer that has joined.
  void peer_got(piece_index p);
  /// A peer has lost a piece; `has` is all that it had, this one too. O(pieces) when it had every one.
  void peer_lost(const bitfield& has, piece_index p);
  /// Peers (not counting us) that have it.
  std::uint32_t availability(piece_index p) const;
  /// Copies of the whole among peers: the least availability plus the fraction of pieces above it.
  double distributed_copies() const;

  // Asking.

  /// Appends at most `n` blocks to ask of `who`, best first, and counts them as asked. `has` is what it has.
  /// Returns how many.
  std::size_t pick(const bitfield& has, peer_key who, std::size_t n, std::vector<block_ref>& out);
  /// The same from one piece only (allowed fast, BEP 6; suggestions).
  std::size_t pick_from(piece_index p, peer_key who, std::size_t n, std::vector<block_ref>& out);
  /// The same from a rare piece, and nothing from any other (rule 7); no block of which another is asked.
  std::size_t pick_rare(piece_index p, peer_key who, std::size_t n, std::vector<block_ref>& out);
  /// The same from a piece with a deadline; `again`: also what others are asked for, as in endgame.
  std::size_t pick_due(piece_index p, peer_key who, std::size_t n, bool again, std::vector<block_ref>& out);
  /// Blocks of it that nobody is asked for, when it is wanted.
  std::uint32_t open_blocks(piece_index p) const;
  /// Something is wanted and every block of it is asked for or here: the endgame rule holds.
  bool in_endgame() const;

  // Answers. `b` is a block for which geometry::is_block holds.

  enum class arrival : std::uint8_t {
    accepted,    ///< the first copy
    completes,   ///< the first copy, and the piece's last: verify it now
    duplicate,   ///< here already, or the piece is verified or being verified
    unexpected,  ///< a piece that we do not fetch
  };
  /// `who` answered. The block need not be asked of it any more (it may have come late), but the caller
  /// vouches that it once was: a block of a wanted piece that is not begun begins it.
  arrival received(const block_ref& b, peer_key who);
  /// Appends who is still asked for this block: after `received` the others, for cancels.
  void askers(const block_ref& b, std::vector<peer_key>& out) const;
  /// `who` will not answer (choked, rejected, cancelled, gone): the block may be asked of another.
  void abandoned(const block_ref& b, peer_key who);

  /// The hash matched: same as mark_have.
  void verified(piece_index p) { mark_have(p); }
  /// It did not: all its blocks are missing again and nobody counts as asked for them. `senders[n]` is who
  /// sent block n. Only for a piece whose last block `completes` it.
  void failed(piece_index p, std::vector<peer_key>& senders);

  /// The pieces begun and not verified, for progress and for spilling to disk.
  const progress_table& progress() const;

  /// Asserts every invariant; O(pieces). For tests and fuzzing.
  void check() const;

 private:
  void settle(piece_index p);
  bool has_deadline(piece_index p) const { return !deadlines_.empty() && due_.test(p); }
  piece_progress& begin(piece_index p);
  std::optional<piece_index> choose_new(const bitfield& has);
  std::size_t take(piece_index p, peer_key who, std::size_t n, std::vector<block_ref>& out);
  std::size_t pick_begun(const bitfield& has, peer_key who, std::size_t n, std::vector<block_ref>& out);
  std::size_t pick_endgame(const bitfield& has, peer_key who, std::size_t n, std::vector<block_ref>& out);
  std::size_t double_up(const piece_progress& shared, peer_key who, std::size_t n,
                        std::vector<block_ref>& out);

  geometry geometry_;
  picker_settings settings_;
  rng random_;
  std::vector<std::uint8_t> priority_;
  bitfield have_;
  bitfield wanted_;
  std::uint64_t wanted_bytes_ = 0;
  piece::availability peers_;  // its candidates are the wanted pieces that are not begun and not due
  progress_table progress_;
  std::vector<piece_deadline> deadlines_;   // earliest first
  bitfield due_;                            // the pieces in there
  std::vector<std::uint64_t> begun_ranks_;  // scratch of pick_begun
};

}  // namespace shoal::piece
