#pragma once
// Who is connected: joining and leaving, what a peer has, interest in it, misbehaviour, bans, keep-alives,
// and whom to connect to next.

#include <cstdint>
#include <optional>
#include <string_view>

#include <shoal/peer/peer_book.hpp>

#include "swarm/state.hpp"

namespace shoal::swarm {

class connections {
 public:
  connections(state& s, const core_setup& setup);

  /// Nothing when the newcomer was turned away.
  peer_state* joined(const peer_joined& e);
  /// What was asked of it is free again; the peer is gone after the call.
  void left(peer_key key);
  void connect_failed(const swarm::connect_failed& e);
  void found(std::span<const endpoint> peers);
  /// It stands in the address book.
  bool knows(const endpoint& who) const { return book_.knows(who); }

  // Messages that say what a peer has or is.
  void has_bitfield(peer_state& p, const std::vector<std::byte>& bits);
  void has_all(peer_state& p);
  void has_none(peer_state& p);
  void has_piece(peer_state& p, piece_index piece);
  /// BEP 54. False when that means nothing.
  bool lost_piece(peer_state& p, piece_index piece);
  /// It told where it accepts connections (BEP 10 "p").
  void listens_at(peer_state& p, std::uint16_t port);

  /// Somebody said how it sees us ("yourip" of BEP 10, BEP 24).
  void seen_as(const ip_address& by, const ip_address& us);

  /// We have `piece` now: lose interest where nothing else is wanted, and tell those who lack it; at once
  /// those to whom it matters, the others with what we say next to them, or in 100 ms.
  void announce_piece(piece_index piece);
  void tell_gained_if_due();
  /// What we want changed: count anew.
  void recount_interest();

  void drop(peer_state& p, drop_reason reason, std::string_view detail = {});
  /// A breach that no honest peer commits.
  void violation(peer_state& p, std::string_view detail) { drop(p, drop_reason::protocol_violation, detail); }
  /// A breach that honest peers commit now and then; too many are a violation.
  void oddity(peer_state& p, std::string_view detail);
  void ban(const ip_address& address);
  bool banned(const ip_address& address) const { return book_.banned(address); }
  void drop_all(drop_reason reason);
  /// Peers that have everything, or want nothing (BEP 21), are of no use to us when we want nothing more.
  void drop_useless();
  void drop_if_useless(peer_state& p);

  /// To this one now, if there is room and it is not being tried; a failure before does not matter.
  void dial_now(const endpoint& who);
  /// Connects to more peers, while there is room.
  void reach_out();
  /// Once a second: keep-alives and time-outs.
  void sweep();
  /// So few peers that the tracker should be asked again.
  bool lonely() const;
  /// Nobody is connected to, being tried, to be tried or banned.
  bool knows_nobody() const { return connecting_ == 0 && book_.knows_nobody(); }
  std::optional<instant> deadline() const;

 private:
  bool has_room() const;
  void dial(const endpoint& who);
  std::optional<std::uint32_t> worth_of(const endpoint& who) const;
  bool make_room_for(const endpoint& newcomer);
  void greet(peer_state& p, bool greeted);
  bool is_duplicate(const peer_joined& e);
  void set_pieces(peer_state& p, bitfield has);
  void update_interest(peer_state& p);
  void lose_interest(peer_state& p);

  state& s_;
  peer::peer_book book_;
  shoal::peer_id our_id_;
  std::uint32_t connecting_ = 0;
};

/// The pieces that a choked peer at `address` may have from us anyway (BEP 6, "allowed fast set"), at most
/// `k`. Empty for IPv6, for which the BEP gives no rule.
std::vector<piece_index> allowed_fast_set(const ip_address& address, const sha1_digest& info_hash,
                                          std::uint32_t pieces, std::uint32_t k);

}  // namespace shoal::swarm
