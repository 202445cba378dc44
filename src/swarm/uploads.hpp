#pragma once
// Whom we give to and what: choke rounds, requests, loads, and the upload limit. The way of a request:
// `requested` checks it and queues it; `pump` takes it when its peer's turn, the limit and the read-ahead
// bound allow, and asks the disk; `loaded` looks once more whether it is still wanted, and hands it over.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <shoal/peer/thrift.hpp>

#include "swarm/connections.hpp"
#include "swarm/spreading.hpp"
#include "swarm/state.hpp"

namespace shoal::swarm {

class uploads {
 public:
  uploads(state& s, connections& c) : s_(s), connections_(c), spreading_(s), choker_(s.settings.choking) {}

  void interested(peer_state& p);
  void not_interested(peer_state& p);
  void requested(peer_state& p, const block_ref& b);
  void cancelled(peer_state& p, const block_ref& b);
  void joined(peer_state& p) { spreading_.joined(p); }
  /// The peer told that it has the piece.
  void has_piece(peer_state& p, piece_index piece) { spreading_.got(p, piece); }
  /// It told of all its pieces.
  void has_pieces(peer_state& p) { spreading_.got_all(p); }
  /// Once a second.
  void sweep();

  /// The answer to a `load`, the `nth` of its batch.
  void loaded(const block_loaded& e, std::uint32_t nth);
  void sent(peer_state& p, std::uint64_t bytes);
  void unsent(peer_state& p, const block_ref& b);
  /// The peer is gone, and with it what was loading for it.
  void left(peer_state& p);

  /// Takes queued requests, peer by peer in turn, while the limits allow.
  void pump();
  /// A choke round, when its time has come.
  void round_if_due();
  std::optional<instant> deadline() const;
  void check() const;

 private:
  /// Who may get a block, in turn, and some who are gone. Those come first whose turn has begun, and who had
  /// asked for no more: the sooner a piece is whole, the sooner it is passed on.
  struct line {
    std::vector<peer_key> begun, waiting;  // short: who holds a slot, or may ask for allowed-fast pieces

    bool empty() const { return begun.empty() && waiting.empty(); }
  };

  peer_state* holder_to_displace(const peer_state& p);
  peer_state* next_in_need();
  void hand_on(peer_state& p);
  void drained(peer_state& p);
  std::uint32_t served_out() const;
  void review_if_due();
  bool is_silent(const peer_state& p) const;
  void serve_one_more();
  void choke(peer_state& p);
  void unchoke(peer_state& p);
  void refuse(peer_state& p, const block_ref& b);
  void not_needed(peer_state& p, const block_ref& b);
  std::uint32_t slots();
  std::vector<peer_key> choose(std::span<const peer::candidate> interested);
  std::uint64_t ahead_max(peer_state& p) const;
  bool may_take(peer_state& p) const;
  std::uint64_t turn_bytes_max();
  bool turn_goes_on(peer_state& p);
  void line_up(peer_state& p);
  bool push(peer_state& p, const block_ref& b);
  void choose_next(std::vector<peer_key>& waiting) const;
  void serve_first(line& l, bool late);
  std::uint32_t take_one(peer_state& p);

  state& s_;
  connections& connections_;
  spreading spreading_;
  peer::choker choker_;
  peer::thrift thrift_;
  std::uint32_t paying_ = 0;  // those whom it chose
  instant next_round_{};
  peer::slot_finder finder_;  // of a limited uplink
  instant reviewed_at_{};
  instant one_more_at_{};
  std::uint32_t turns_ = 0;  // that ended
  std::uint64_t ahead_ = 0;  // bytes loading, or loaded and not sent, all peers
  line line_;                // `peer_state::asking`
  line late_line_;  // `peer_state::asking_late`: nobody gets anything here while somebody stands in the other
  bool held_up_ = false;  // by the rate limit
  unsigned idle_s_ = 0;   // sweeps in a row that found nobody waiting
};

}  // namespace shoal::swarm
