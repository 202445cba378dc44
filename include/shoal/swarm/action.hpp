#pragma once
// What a torrent's brain asks for. The shell carries actions out in order.

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include <shoal/announce/announce.hpp>
#include <shoal/base/endpoint.hpp>
#include <shoal/base/strong.hpp>
#include <shoal/wire/message.hpp>

namespace shoal::swarm {

enum class drop_reason : std::uint8_t {
  protocol_violation,
  banned,         ///< sent data that is not the torrent's
  duplicate,      ///< a second connection to one peer
  too_many,       ///< `peers_max` reached
  both_complete,  ///< neither has anything for the other
  silent,         ///< nothing heard for `silence_max`
  stopping,
};
std::string_view to_string(drop_reason r);

struct send {
  peer_key key;
  wire::message message;
};
/// Answer with `peer_joined` or `connect_failed`.
struct connect {
  endpoint remote;
};
/// Answer with `peer_left`. `detail` says more to people.
struct drop {
  peer_key key;
  drop_reason reason = drop_reason::stopping;
  std::string_view detail;  ///< static text, may be empty
};
/// Keep the `nth` payload of the batch being delivered as this block. Payloads that no `store` names are
/// waste.
struct store {
  std::uint32_t nth = 0;
  block_ref block;
  peer_key from;
};
/// All blocks are stored: hash, write, answer with `piece_verified`. The stored blocks are the shell's until
/// then.
struct verify {
  piece_index piece;
};
/// Get a block from the disk, answer with `blocks_loaded`.
struct load {
  peer_key key;
  block_ref block;
};
/// The `nth` block of the `blocks_loaded` being delivered goes out as a `piece` message; answer with `sent`
/// when it went. A loaded block that no `upload` names is not wanted any more.
struct upload {
  std::uint32_t nth = 0;
  peer_key key;
  block_ref block;
};
/// A cancel came for a block that was handed over: take it back if it has not begun to go out, and answer
/// with `unsent` then.
struct unsend {
  peer_key key;
  block_ref block;
};
/// Ask a tracker, answer with `announced`.
struct announce_to {
  std::uint32_t ticket = 0;
  std::string url;
  announce::event event = announce::event::none;
  std::uint32_t num_want = 0;
  std::string tracker_id;
  std::uint64_t uploaded = 0, downloaded = 0, left = 0;  ///< bytes
};

/// Facts for people and for `--json`; nothing has to be done about them.
struct report {
  enum class kind : std::uint8_t {
    completed,
    spread,  ///< a super seeder's: every piece is somewhere else, and nothing is hidden any more
    piece_failed,
    peer_banned,
    peer_dropped,
    tracker_replied,
    tracker_failed
  };
  kind what = kind::completed;
  endpoint peer;      ///< of the peer kinds
  piece_index piece;  ///< of piece_failed
  drop_reason reason = drop_reason::stopping;
  std::string text;  ///< the tracker's own words, the URL, the violation
};

using action = std::variant<send, connect, drop, store, verify, load, upload, unsend, announce_to, report>;

}  // namespace shoal::swarm
