#pragma once
// How many peers have each piece, and the candidates (pieces that may be begun) in rarest-first order.
//
// Each priority keeps its candidates as one array, sorted by availability from common to rare, with the
// position where each availability begins. A HAVE moves its piece by one swap over one such boundary. A
// candidate enters and leaves at the rare end, which takes a swap for each peer that was counted for it: as
// many as the HAVEs that came before, so every operation is O(1) amortised over the HAVEs.
//
// A peer that has everything changes no order: it is counted once, beside the pieces.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <shoal/base/bitfield.hpp>
#include <shoal/base/rng.hpp>
#include <shoal/base/strong.hpp>

namespace shoal::piece {

inline constexpr std::uint8_t priority_max = 7;

class availability {
 public:
  /// Every piece a candidate of `priority`.
  availability(std::uint32_t pieces, std::uint8_t priority);

  /// O(1) for a peer that has all or nothing, else O(pieces that it has).
  void joined(const bitfield& has);
  /// `has` is all that was counted for this peer, by `joined` and by `got` since. A peer that became complete
  /// while here may cost a pass over all pieces, as its joining did.
  void left(const bitfield& has);
  void got(piece_index p);
  /// `has` as for `left`; the peer stays, without this piece. O(pieces) when `has` is all.
  void lost(const bitfield& has, piece_index p);

  std::uint32_t of(piece_index p) const { return partial_[p.index()] + seeds_; }
  /// Those not counted that joined with everything.
  std::uint32_t beside_seeds(piece_index p) const { return partial_[p.index()]; }
  double distributed_copies() const;

  /// 0: not a candidate.
  void set_candidate(piece_index p, std::uint8_t priority);
  std::uint8_t candidate(piece_index p) const { return priority_[p.index()]; }
  bool no_candidates() const { return candidates_.none(); }
  /// Of the candidates; 0 when there are none.
  std::uint8_t highest_priority() const;

  /// Of what is in `has`, the candidate of the highest priority that the fewest peers have; among equals the
  /// one met first from a random place on. O(1) when `has` holds one in some dozen of the rarest. Else a
  /// search with a bounded effort: exact among some thousand pieces, above that the rarest of so many.
  std::optional<piece_index> rarest(const bitfield& has, rng& random) const;
  /// Of what is in `has`, the candidate of the highest priority met first from `start` on, around the end.
  std::optional<piece_index> first_from(const bitfield& has, piece_index start) const;

  /// The tables of a small torrent are on their way.
  void fetch_early() const;

  /// Asserts every invariant; O(pieces).
  void check() const;

 private:
  /// The candidates of one priority.
  struct order {
    std::vector<std::uint32_t> pieces;  ///< common to rare
    /// Where the pieces of each availability begin, not counting seeds: those of `n` are at
    /// [begin[n], begin[n - 1]), those of 0 at [begin[0], end).
    std::vector<std::uint32_t> begin{0};

    std::uint32_t end_of(std::size_t n) const {
      return n == 0 ? static_cast<std::uint32_t>(pieces.size()) : begin[n - 1];
    }
    /// The least availability that a piece in here has; only when there is one.
    std::uint32_t least() const;
  };

  void move(order& o, std::uint32_t piece, std::uint32_t at, std::uint32_t to);
  /// One peer more, or fewer, that is not complete has this piece.
  void raise(std::uint32_t piece);
  void lower(std::uint32_t piece);
  void lower_all();
  std::size_t least_in(const bitfield& has, std::uint8_t priority) const;
  /// Less is better: by priority, then (`by_rarity`) by availability.
  static std::uint64_t rank(std::uint8_t priority, std::uint32_t counted, bool by_rarity) {
    return (std::uint64_t{priority_max} - priority) << 32U | (by_rarity ? counted : 0U);
  }
  std::optional<piece_index> scan(const bitfield& has, std::size_t start, bool by_rarity) const;

  std::uint32_t seeds_ = 0;             // peers counted for every piece at once
  std::vector<std::uint32_t> partial_;  // other peers, by piece
  std::vector<std::uint32_t> census_;   // pieces, by their number in partial_
  std::vector<std::uint8_t> priority_;
  std::vector<std::uint32_t> place_;  // of a candidate in its order
  bitfield candidates_;
  std::array<order, priority_max + 1> orders_;  // the first stays empty
};

}  // namespace shoal::piece
