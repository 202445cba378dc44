#pragma once
// All we know of one connected peer. A record, not an actor: the swarm's sides read and write it.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <shoal/base/bitfield.hpp>
#include <shoal/base/endpoint.hpp>
#include <shoal/base/rate_meter.hpp>
#include <shoal/base/strong.hpp>
#include <shoal/base/time.hpp>
#include <shoal/hash/digest.hpp>
#include <shoal/peer/allowance.hpp>
#include <shoal/peer/request_window.hpp>
#include <shoal/peer/upload_queue.hpp>

namespace shoal::peer {

/// A piece that a seeder meant for one peer (`swarm/spreading`).
struct promise {
  piece_index piece;
  std::uint64_t ahead = 0;  ///< bytes of it that were not asked for yet, not 0
  bool begun = false;       ///< some were
};

/// Harmless breaches (a HAVE twice, a block that nobody asked for) before a peer is dropped for them. Honest
/// clients commit a handful; a flood passes this in a moment.
constexpr std::uint32_t oddities_max = 200;

struct peer_state {
  // What most messages of it, and each new piece of ours, look at stands together, in three cache lines.
  peer_key key;
  std::uint32_t told = 0;        ///< how many of the pieces that became ours since the start it was told of
  std::uint32_t wanted = 0;      ///< pieces it has that we want
  bool dropping = false;         ///< a `drop` went out; its events count no more
  bool fast = false;             ///< BEP 6 on this connection
  bool we_choke = true;          ///< the four flags of BEP 3; a connection begins choked and not interested
  bool they_choke = true;        ///< both ways
  bool we_interested = false;    ///< the same
  bool they_interested = false;  ///< the same
  bool losing_interest = false;  ///< the last sweep found nothing to want of it
  bool askable = false;          ///< it stands among those that may be asked
  bool upload_only = false;      ///< BEP 21: it will fetch nothing
  bool told_pieces = false;      ///< its bitfield, have-all or have-none came
  bool chosen = false;           ///< the last round gave it a slot
  bool asking = false;           ///< it stands in the line of those who may get a block
  bool asking_late = false;      ///< and in that of those who may when nobody stands there
  bool near = false;             ///< it is of our network
  bitfield has;
  instant last_received{};
  instant last_sent{};
  std::uint64_t upload_ahead = 0;  ///< bytes loading, or loaded and not sent
  upload_queue uploads;

  // Towards us.
  request_window window;
  std::vector<piece_index> allowed_fast;  ///< we may ask for these although choked (BEP 6)
  std::vector<piece_index> suggested;     ///< worth asking for first (BEP 6), newest last
  instant advised_at{};                   ///< last time that a suggestion of its was open
  instant ask_again_at{};                 ///< it rejected a request while we were unchoked: wait a little
  std::uint32_t late_answers = 0;         ///< blocks that may still come though we gave up on them
  small_rate_meter down;

  // From us.
  piece_index turn_piece;                ///< of the last of these:
  std::uint64_t turn_bytes = 0;          ///< that it got in its turn
  instant unchoked_at{};                 ///< last time; the epoch for never
  std::vector<piece_index> allows_fast;  ///< we answer these although it is choked (BEP 6)
  std::vector<promise> promised;         ///< pieces meant for it alone, and not asked for whole yet
  std::uint64_t dealt_bytes = 0;         ///< of all that were meant for it since it was unchoked
  std::unique_ptr<bitfield> shown;  ///< to whom we hide what we have (BEP 16): the pieces that it knows of
  std::uint64_t owed_bytes = 0;     ///< of these, what it has not passed on, as far as we know
  allowance lendings{10};           ///< of its slot, while it has no use for it
  small_rate_meter up;

  // Who it is.
  endpoint remote;
  std::optional<endpoint> listens_at;  ///< where it may be connected to, when known
  shoal::peer_id id;
  std::string client;     ///< "v" of its extension handshake (BEP 10)
  bool outgoing = false;  ///< we connected to it
  bool extended = false;  ///< BEP 10 on this connection

  // The extension protocol (BEP 10).
  std::uint8_t metadata_id = 0;             ///< under which it takes "ut_metadata"; 0: it does not
  std::uint32_t metadata_parts_served = 0;  ///< of BEP 9, to it
  std::uint8_t pex_id = 0;                  ///< under which it takes "ut_pex"; 0: it does not
  bool told_our_address = false;            ///< it said how it sees us ("yourip"); once is enough
  bool told_upload_only = false;            ///< we told it that we want nothing (BEP 21)
  std::uint8_t holepunch_id = 0;            ///< under which it takes "ut_holepunch"; 0: it does not
  allowance rendezvous{10};                 ///< of BEP 55, that it may ask for
  allowance meetings{10};                   ///< and to which it may send us
  std::uint64_t pex_number = 0;             ///< the count of peers met when we knew `listens_at`; 0: not yet
  std::uint64_t pex_told = 0;               ///< the number up to which it was told
  instant pex_due{};                        ///< not told anything before

  // When, and how well it behaves.
  instant joined_at{};
  std::uint32_t oddities = 0;     ///< harmless breaches of the protocol, `oddities_max` at most
  std::uint32_t pieces_good = 0;  ///< verified pieces that it sent a part of
  std::uint32_t pieces_bad = 0;   ///< and such that failed

  bool is_seed() const { return has.all(); }
};

}  // namespace shoal::peer
