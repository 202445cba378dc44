#pragma once
// What we ask for and what comes: requests, blocks, verified pieces, and who is to blame for a bad one.

#include <cstdint>
#include <optional>
#include <vector>

#include "swarm/afar.hpp"
#include "swarm/connections.hpp"
#include "swarm/state.hpp"

namespace shoal::swarm {

class downloads {
 public:
  downloads(state& s, connections& c, const peer_id& our_id) : s_(s), connections_(c), afar_(s, our_id) {}

  void joined(const peer_state& p) { afar_.near_changed(p); }
  void left(const peer_state& p) { afar_.near_changed(p); }
  /// A `piece` message, the `nth` of its batch.
  void block(peer_state& p, const block_ref& b, std::uint32_t nth);
  /// The same, of a peer that is being dropped: it came, and was of no use.
  void too_late(const block_ref& b);
  void choked(peer_state& p);
  void unchoked(peer_state& p);
  void rejected(peer_state& p, const block_ref& b);
  /// The peer has lost the piece (BEP 54): what was asked of it is asked of others. With BEP 6 it rejects.
  void lost(peer_state& p, piece_index piece);
  void allowed_fast(peer_state& p, piece_index piece);
  void suggested(peer_state& p, piece_index piece);
  /// The peer told that it has the piece: a rare one is asked for at once.
  void has_piece(peer_state& p, piece_index piece);

  void verified(piece_index piece, bool good);

  /// Asks `p` for as much as its window and the rate limit let us.
  void fill(peer_state& p);
  void fill_all();
  /// Once a second: snubs.
  void sweep();
  /// When the rate limit lets us ask again, if it holds us up.
  std::optional<instant> deadline() const;

 private:
  static bool may_ask(const peer_state& p);
  bool asks_now(const peer_state& p) const;
  std::size_t room(const peer_state& p) const;
  std::size_t ask(peer_state& p, std::size_t most);
  void ask_in_turn();
  std::size_t pick(peer_state& p, std::size_t n, std::vector<block_ref>& out);
  void pick_rest(const peer_state& p, piece_index piece);
  void send_requests(peer_state& p);
  std::size_t pick_due(peer_state& p, std::size_t n, std::vector<block_ref>& out);
  std::optional<instant> advice_ends(const peer_state& p) const;
  bool is_fast(peer_state& p, piece_index piece);
  bool is_idle(const peer_state& p) const;
  void even_out();
  void move_requests();
  bool take_over(peer_state& idle, peer_state& busy);
  duration silent_for(const peer_state& p) const;
  bool is_silent(peer_state& p) const;
  void give_up(peer_state& p);
  void cancel_elsewhere(const block_ref& b);
  void tell_super_seeder(peer_state& p, piece_index piece);
  std::vector<peer_key> senders_of(piece_index piece) const;
  void blame(const std::vector<peer_key>& senders);

  state& s_;
  connections& connections_;
  afar afar_;
  std::vector<peer_key> keys_;            // scratch
  std::vector<block_ref> blocks_;         // scratch
  bool held_up_ = false;                  // by the rate limit
  std::optional<instant> look_again_at_;  // the advice of some seeder ends then, or `even_out` is worth a try
  instant evened_out_{};                  // last time
  std::size_t turn_ = 0;                  // whose turn it is under the limit, among `state::askable`
  std::size_t turn_asked_ = 0;            // requests made in this turn
};

}  // namespace shoal::swarm
