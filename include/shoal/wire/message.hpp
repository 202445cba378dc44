#pragma once
// The messages of the peer wire protocol as values (BEP 3, BEP 6 fast, BEP 5 port, BEP 10 extended). The
// payload bytes of `piece` are not in it: they stay in the buffer in which they arrived and travel beside it.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <variant>
#include <vector>

#include <shoal/base/strong.hpp>

namespace shoal::wire {

struct keep_alive {
  friend bool operator==(const keep_alive&, const keep_alive&) = default;
};
struct choke {
  friend bool operator==(const choke&, const choke&) = default;
};
struct unchoke {
  friend bool operator==(const unchoke&, const unchoke&) = default;
};
struct interested {
  friend bool operator==(const interested&, const interested&) = default;
};
struct not_interested {
  friend bool operator==(const not_interested&, const not_interested&) = default;
};
struct have {
  piece_index piece;
  friend bool operator==(const have&, const have&) = default;
};
/// The bits as they came; the torrent knows how many there should be (`bitfield::from_wire`).
struct bitfield_bits {
  std::vector<std::byte> bits;
  friend bool operator==(const bitfield_bits&, const bitfield_bits&) = default;
};
struct request {
  block_ref block;
  friend bool operator==(const request&, const request&) = default;
};
/// The head of a `piece` message; `block.length` is the length of the payload beside it.
struct piece {
  block_ref block;
  friend bool operator==(const piece&, const piece&) = default;
};
struct cancel {
  block_ref block;
  friend bool operator==(const cancel&, const cancel&) = default;
};
/// The sender's DHT port (BEP 5).
struct port {
  std::uint16_t number = 0;
  friend bool operator==(const port&, const port&) = default;
};
struct suggest_piece {
  piece_index piece;
  friend bool operator==(const suggest_piece&, const suggest_piece&) = default;
};
struct have_all {
  friend bool operator==(const have_all&, const have_all&) = default;
};
struct have_none {
  friend bool operator==(const have_none&, const have_none&) = default;
};
struct reject_request {
  block_ref block;
  friend bool operator==(const reject_request&, const reject_request&) = default;
};
struct allowed_fast {
  piece_index piece;
  friend bool operator==(const allowed_fast&, const allowed_fast&) = default;
};
/// BEP 10: id 0 is the extension handshake, others are as that handshake agreed.
struct extended {
  std::uint8_t id = 0;
  std::vector<std::byte> payload;
  friend bool operator==(const extended&, const extended&) = default;
};
/// A message id that we do not know; BEP 3 peers ignore it.
struct unknown {
  std::uint8_t id = 0;
  friend bool operator==(const unknown&, const unknown&) = default;
};

using message = std::variant<keep_alive, choke, unchoke, interested, not_interested, have, bitfield_bits,
                             request, piece, cancel, port, suggest_piece, have_all, have_none, reject_request,
                             allowed_fast, extended, unknown>;

/// The message's name as the BEPs write it, for reports and logs.
std::string_view name_of(const message& m);

}  // namespace shoal::wire
