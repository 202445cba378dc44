#pragma once
// Random messages and what they look like on the wire, for the tests of links and of their two halves.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <variant>
#include <vector>

#include <shoal/base/bytes.hpp>
#include <shoal/base/rng.hpp>
#include <shoal/wire/codec.hpp>
#include <shoal/wire/message.hpp>

namespace shoal::net {

using byte_vector = std::vector<std::byte>;

/// A message as a test speaks of it: a `piece` with its payload, which is empty for all others.
struct spoken {
  wire::message msg;
  byte_vector payload;
  friend bool operator==(const spoken& a, const spoken& b) {
    return a.msg == b.msg && a.payload.size() == b.payload.size() &&
           (a.payload.empty() || std::memcmp(a.payload.data(), b.payload.data(), a.payload.size()) == 0);
  }
};

/// `n` bytes that differ from call to call: a window on bytes by chance, as drawing each would take longer
/// than what is tested with them.
inline byte_vector random_bytes(rng& random, std::size_t n) {
  static const byte_vector drawn = [] {
    rng chance(0);
    byte_vector bytes(1U << 17);
    for (auto& b : bytes) {
      b = static_cast<std::byte>(chance.next());
    }
    return bytes;
  }();
  byte_vector out(n);
  for (std::size_t at = 0; at < n;) {
    const auto from = static_cast<std::size_t>(random.below(drawn.size() / 2));
    const auto length = std::min(n - at, drawn.size() / 2);
    std::memcpy(out.data() + at, drawn.data() + from, length);
    at += length;
  }
  return out;
}

inline spoken random_piece(rng& random, std::uint32_t length) {
  const block_ref block{piece_index(static_cast<std::uint32_t>(random.next())),
                        static_cast<std::uint32_t>(random.next()), length};
  return {wire::piece{block}, random_bytes(random, length)};
}

/// Any message but `piece` and `unknown`.
inline spoken random_control(rng& random) {
  const auto number = static_cast<std::uint32_t>(random.next());
  const block_ref block{piece_index(number), number / 3, number / 7};
  switch (random.below(16)) {
    case 0:
      return {wire::choke{}, {}};
    case 1:
      return {wire::unchoke{}, {}};
    case 2:
      return {wire::interested{}, {}};
    case 3:
      return {wire::not_interested{}, {}};
    case 4:
      return {wire::have{block.piece}, {}};
    case 5:
      return {wire::bitfield_bits{random_bytes(random, random.below(3000))}, {}};
    case 6:
      return {wire::request{block}, {}};
    case 7:
      return {wire::cancel{block}, {}};
    case 8:
      return {wire::port{static_cast<std::uint16_t>(number)}, {}};
    case 9:
      return {wire::suggest_piece{block.piece}, {}};
    case 10:
      return {wire::have_all{}, {}};
    case 11:
      return {wire::have_none{}, {}};
    case 12:
      return {wire::reject_request{block}, {}};
    case 13:
      return {wire::allowed_fast{block.piece}, {}};
    case 14:
      return {wire::extended{static_cast<std::uint8_t>(number), random_bytes(random, random.below(3000))},
              {}};
    default:
      return {wire::keep_alive{}, {}};
  }
}

inline spoken random_message(rng& random) {
  if (random.below(2) == 0) {
    return random_control(random);
  }
  return random_piece(
      random, random.below(4) == 0 ? static_cast<std::uint32_t>(1 + random.below(block_bytes)) : block_bytes);
}

inline void append_wire(const spoken& s, byte_vector& out) {
  wire::encode(s.msg, out);
  out.insert(out.end(), s.payload.begin(), s.payload.end());
}

inline byte_vector on_the_wire(const std::vector<spoken>& all) {
  byte_vector out;
  for (const auto& s : all) {
    append_wire(s, out);
  }
  return out;
}

}  // namespace shoal::net
