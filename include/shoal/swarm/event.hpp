#pragma once
// What a torrent's brain is told. Events are values or views of values that live for the call; payload bytes
// never come in, a `block_ref` stands for them.

#include <cstdint>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include <shoal/announce/announce.hpp>
#include <shoal/base/endpoint.hpp>
#include <shoal/base/strong.hpp>
#include <shoal/base/time.hpp>
#include <shoal/hash/digest.hpp>
#include <shoal/wire/message.hpp>

namespace shoal::swarm {

/// A connection is established; both handshakes are done.
struct peer_joined {
  peer_key key;  ///< larger than every earlier one
  endpoint remote;
  peer_id id;
  bool outgoing = false;
  bool fast = false;      ///< both sides speak BEP 6
  bool extended = false;  ///< both sides speak BEP 10
  bool greeted = false;   ///< the magnet link's brain (`metadata_core`) has said have-none
  bool near = false;      ///< of our network, as `core_settings::once_from_afar` means it
};
/// An attempt that a `connect` action asked for came to nothing. `ourselves`: we reached our own listener.
struct connect_failed {
  endpoint remote;
  bool ourselves = false;
};
/// The connection is over (also after a `drop`).
struct peer_left {
  peer_key key;
};
/// Messages in order. The payload of the n-th `wire::piece` is the n-th of the batch: `store` names it so.
struct received {
  peer_key key;
  std::span<const wire::message> messages;
};
/// So much payload of `upload` actions went to the peer.
struct sent {
  peer_key key;
  std::uint64_t bytes = 0;
};
/// A block of an `upload` was taken back before it went out.
struct unsent {
  peer_key key;
  block_ref block;
};
/// The answer to `verify`.
struct piece_verified {
  piece_index piece;
  bool good = false;
};
/// The copy of a block that this address sent is not what the verified piece holds: it lied.
struct liar_found {
  ip_address address;
};
/// The answer to one `load`.
struct block_loaded {
  peer_key key;
  block_ref block;
  bool ok = false;
};
/// Answers in a batch; `upload` names one by its place in it.
struct blocks_loaded {
  std::span<const block_loaded> blocks;
};
/// The disk refuses writes; it takes them again.
struct disk_failed {};
struct disk_recovered {};
struct peers_found {
  std::span<const endpoint> peers;
};
/// The answer to an `announce` action.
struct announced {
  std::uint32_t ticket = 0;              ///< as the action gave it
  bool reached = false;                  ///< the tracker answered
  announce::announce_response response;  ///< when reached
};
/// Limits of payload, bytes a second, 0 for none.
struct set_limits {
  std::uint64_t upload_bytes_per_s = 0;
  std::uint64_t download_bytes_per_s = 0;
};
struct set_priority {
  piece_index piece;
  std::uint8_t priority = 4;
};
/// By when the piece is needed; nothing: no longer by any time. Such pieces come before all others, the
/// earliest first, from the peers that are fast; when time runs out several are asked.
struct set_deadline {
  piece_index piece;
  std::optional<instant> by;
};
/// Begins announcing, connecting and trading.
struct start {};
/// Tells the trackers `stopped` and drops everybody. The last command.
struct stop {};
/// `deadline()` has come.
struct tick {};

using event = std::variant<peer_joined, connect_failed, peer_left, received, sent, unsent, piece_verified,
                           liar_found, blocks_loaded, disk_failed, disk_recovered, peers_found, announced,
                           set_limits, set_priority, set_deadline, start, stop, tick>;

}  // namespace shoal::swarm
