#pragma once
// How a seeder gets a content out that nobody else has whole. Left to themselves, leechers choose their rare
// pieces by chance, and choose the same ones: the seeder's uplink, which every byte must pass once, carries
// some of them many times while others wait. So a seeder tells each peer that it serves which pieces to take,
// with `suggest piece` (BEP 6): every piece to one peer, in a random order, until each is somewhere else.
// Peers that take no advice see all pieces and ask as they like; what is a first copy goes out before what is
// a second one.
//
// Cost: O(1) amortised a suggestion, nothing once every piece was suggested; O(pieces) when a peer leaves.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "swarm/state.hpp"

namespace shoal::swarm {

class spreading {
 public:
  explicit spreading(state& s) : s_(s) {}

  /// We are about to serve it: what it began before goes on, and it is advised of more.
  void unchoked(peer_state& p);
  /// It asked for a block; it is kept advised of what to ask next. True when others should get theirs first:
  /// the piece is somewhere else, or meant for somebody else. What is meant for nobody is meant for it now.
  bool requested(peer_state& p, const block_ref& b);
  /// It has the piece.
  void got(peer_state& p, piece_index piece);
  /// It is not served any more, and these were asked for and did not go out. What it did not begin is for
  /// others, and the rest once nothing else is left.
  void choked(peer_state& p, std::span<const block_ref> unsent);
  /// What was meant for it is for others.
  void left(peer_state& p);

 private:
  std::size_t promised_max() const;
  bool takes_advice(const peer_state& p) const;
  void promise(peer_state& p, piece_index piece);
  void advise(peer_state& p);
  std::optional<piece_index> next();
  /// Nobody has it, and nobody is to get it first.
  bool nobodys(piece_index piece) const;

  state& s_;
  std::vector<piece_index> order_;     // all pieces, shuffled; made when first needed
  std::size_t next_ = 0;               // in `order_`
  std::vector<peer_key> meant_for_;    // by piece: to whom it was promised last, and who has not got it yet
  std::vector<piece_index> returned_;  // by peers that were choked before they began, or left
  std::vector<piece_index> begun_;     // by peers that were choked
};

}  // namespace shoal::swarm
