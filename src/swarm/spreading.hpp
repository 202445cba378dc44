#pragma once
// How a seeder gets a content out that nobody else has whole. Left to themselves, leechers choose their rare
// pieces by chance, and choose the same ones: the seeder's uplink, which every byte must pass once, carries
// some of them many times while others wait. So a seeder means every piece for one peer, in a random order,
// until each is somewhere else, and says so in one of two ways:
//
// - With `suggest piece` (BEP 6), to each peer that it serves. It deals the pieces out one by one: who asked
//   for one hands its slot on while others wait (`uploads::hand_on`). Peers that take no advice see all
//   pieces and ask as they like; what is a first copy goes out before what is a second one.
// - As a super seeder (BEP 16) it says that it has nothing, and tells each peer with a `have` of the pieces
//   that are meant for it, so every client takes the advice. One that waits is shown one piece, one that is
//   served what it takes in a second; each is owed for until it is seen at somebody else, and who owes enough
//   sees nothing new. A debt is forgiven after a while, so that peers who cannot reach one another get on,
//   slowly. When every piece is somewhere else the hiding ends.
//
// Cost: O(1) amortised a piece, nothing once every piece was told of; O(pieces) when a peer leaves; hiding,
// O(pieces) when a peer joins too.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <shoal/base/ring.hpp>

#include "swarm/state.hpp"

namespace shoal::swarm {

class spreading {
 public:
  explicit spreading(state& s) : s_(s) {}

  void joined(peer_state& p);
  /// We are about to serve it: what it began before goes on, and it is advised of more.
  void unchoked(peer_state& p);
  /// It asked for a block; it is kept advised of what to ask next. True when others should get theirs first:
  /// the piece is somewhere else, or meant for somebody else. What is meant for nobody is meant for it now.
  bool requested(peer_state& p, const block_ref& b);
  /// It has the piece.
  void got(peer_state& p, piece_index piece);
  /// It told of all its pieces.
  void got_all(peer_state& p);
  /// It is not served any more, and these were asked for and did not go out. What it did not begin is for
  /// others, and the rest once nothing else is left.
  void choked(peer_state& p, std::span<const block_ref> unsent);
  /// What was meant for it is for others.
  void left(peer_state& p);
  /// It got its share of first copies since it was unchoked, and others wait for theirs: the slot is for them
  /// when it has nothing more to get. A super seeder keeps account in another way.
  bool has_its_share(const peer_state& p) const;
  /// Once a second: forgives old debts, and shows the rest when the hiding is over. `idle`: nobody waits for
  /// anything, so that what others began may be begun again.
  void sweep(bool idle);

 private:
  struct debt {
    instant since;
    piece_index piece;
    peer_key debtor;
  };

  std::size_t promised_max() const;
  bool takes_advice(const peer_state& p) const;
  std::uint64_t enough_for(peer_state& p) const;
  bool is_alone() const;
  void promise(peer_state& p, piece_index piece);
  void tell(peer_state& p, piece_index piece);
  void advise(peer_state& p);
  /// `served`: for one that may ask at once.
  std::optional<piece_index> next(bool served);
  bool take_back(piece_index piece);
  /// Nobody has it, and nobody is to get it first.
  bool nobodys(piece_index piece) const;
  void seen(piece_index piece, const peer_state& at);
  void settle_debt(piece_index piece);
  void forgive(const peer_state& p, piece_index piece);
  void end_hiding_if_whole();
  void show_rest(peer_state& p);

  state& s_;
  std::vector<piece_index> order_;     // all pieces, shuffled; made when first needed
  std::size_t next_ = 0;               // in `order_`
  std::vector<peer_key> meant_for_;    // by piece: to whom it was promised last, and who has not got it yet
  std::vector<piece_index> returned_;  // by peers that were choked before they began, or left
  std::vector<piece_index> begun_;     // by peers that were choked
  // While hiding.
  bool idle_ = false;
  std::vector<peer_key> owed_by_;    // by piece: who was shown it last, until it is seen elsewhere
  ring<debt> debts_;                 // oldest first, settled ones among them
  std::vector<piece_index> parked_;  // shown to peers that were not served then
};

}  // namespace shoal::swarm
