#pragma once
// What is fetched from afar. Where the hosts of a network share one link to the rest, a piece should come
// across it once: of us and our near peers one fetches it, and the others wait until somebody near has it.
// Who that is, each finds out by itself, by rendezvous hashing (Thaler, Ravishankar 1998) of peer ids and
// piece: all that know the same near peers find the same one. Nobody waits for ever: who gets nothing from
// near peers asks for anything, anywhere.

#include <cstdint>
#include <vector>

#include "swarm/state.hpp"

namespace shoal::swarm {

class afar {
 public:
  afar(const state& s, const peer_id& our_id);

  /// It came or goes.
  void near_changed(const peer_state& p) { stale_ = stale_ || p.near; }

  /// Of the pieces that `p` has, those that it may be asked for; valid until the next call. For one that is
  /// not near O(pieces / 64 x near peers), and O(pieces x near peers) when these have changed.
  const bitfield& pieces_of(const peer_state& p);
  bool may_fetch(const peer_state& p, piece_index piece);

  /// No near peer serves us, or none has anything for us and nothing is on its way: we ask anybody for
  /// anything.
  bool is_cut_off() const;

 private:
  bool is_free(const peer_state& p) const;
  void share_out();

  const state& s_;
  std::uint64_t our_name_;
  bitfield ours_;  // of the pieces that nobody near has, those that we fetch
  bitfield some_;  // scratch
  bool stale_ = true;
};

}  // namespace shoal::swarm
