#pragma once
// What to fetch next, and from whom what is awaited.
//
// Rules, with their reasons (BEP 3; Cohen 2003, "Incentives build robustness in BitTorrent"; Legout et al.
// 2006):
//  1. Strict priority: the missing blocks of a piece already begun come before a new piece, since only whole
//     pieces can be shared.
//  2. Rarest first: a new piece is one that the fewest peers have, chosen at random among equals, so that
//  peers
//     diverge and no piece dies out.
//  3. Random first piece: until one piece is whole, take any at random; a rare piece comes from few peers and
//     slowly, and a peer with nothing has nothing to trade.
//  4. Endgame: when every wanted block is asked for, ask others as well, so that one slow peer does not hold
//  up
//     the end; at most `endgame_copies_max` askings of one block, to bound the waste.
//  5. Sequential, when asked for, replaces 2 and 3 by the lowest index.
//
// Cost: a HAVE, a pick of a piece that the peer has among the rarest, and every block event are O(1)
// amortised. Rarest-first order is kept as one permutation of the pieces in buckets by (priority,
// availability) with their boundaries, so a HAVE is one swap. A peer with few of the rare pieces costs one
// pass over its bit words, at most. Nothing scans all pieces per message.

#include <cstddef>
#include <cstdint>
#include <vector>

#include <shoal/base/bitfield.hpp>
#include <shoal/base/rng.hpp>
#include <shoal/base/strong.hpp>
#include <shoal/piece/availability.hpp>
#include <shoal/piece/geometry.hpp>
#include <shoal/piece/piece_progress.hpp>

namespace shoal::piece {

struct picker_settings {
  bool sequential = false;
  /// Peers that may be asked for one block in endgame.
  std::uint32_t endgame_copies_max = 3;
};

class picker {
 public:
  /// All pieces missing and wanted at priority 4.
  picker(const geometry& g, const picker_settings& s, std::uint64_t seed);

  // What we want.

  /// 0: do not fetch; 1 to 7: fetch, higher first. Pieces we have may be given any; it counts for nothing.
  void set_priority(piece_index p, std::uint8_t priority);
  std::uint8_t priority(piece_index p) const;
  void set_sequential(bool on);
  /// Verified and ours, from resume data or a download. Forgets its progress.
  void mark_have(piece_index p);
  /// No longer ours (its data went missing on disk): missing and wanted again.
  void mark_missing(piece_index p);
  const bitfield& have() const;
  /// Wanted (priority > 0) and not ours.
  bool wants(piece_index p) const;
  std::uint32_t wanted_count() const;
  /// Bytes of the wanted pieces that are not ours.
  std::uint64_t wanted_bytes() const;
  /// How many pieces of `has` we want. One pass over the words.
  std::uint32_t wanted_in(const bitfield& has) const;

  // What peers have.

  void peer_joined(const bitfield& has);
  void peer_left(const bitfield& has);
  void peer_got(piece_index p);
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
  /// Every wanted block is asked for or here: the endgame rule holds.
  bool in_endgame() const;

  // Answers. `b` is a block for which geometry::is_block holds.

  enum class arrival : std::uint8_t {
    accepted,    ///< the first copy
    completes,   ///< the first copy, and the piece's last: verify it now
    duplicate,   ///< here already, or the piece is verified or being verified
    unexpected,  ///< a piece that we do not fetch
  };
  /// `who` answered. The block need not be asked of it any more (it may have come late).
  arrival received(const block_ref& b, peer_key who);
  /// Appends the others that are asked for this block, for cancels.
  void askers(const block_ref& b, std::vector<peer_key>& out) const;
  /// `who` will not answer (choked, rejected, cancelled, gone): the block may be asked of another.
  void abandoned(const block_ref& b, peer_key who);

  /// The hash matched: same as mark_have.
  void verified(piece_index p) { mark_have(p); }
  /// It did not: all its blocks are missing again. `senders[n]` is who sent block n.
  void failed(piece_index p, std::vector<peer_key>& senders);

  /// The pieces begun and not verified, for progress and for spilling to disk.
  const progress_table& progress() const;

  /// Asserts every invariant; O(pieces). For tests and fuzzing.
  void check() const;
};

}  // namespace shoal::piece
