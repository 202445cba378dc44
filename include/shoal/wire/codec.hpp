#pragma once
// Bytes to messages and back. Decoding is stateless over a contiguous buffer: the caller keeps the bytes, the
// codec says how many make a message. Whatever a fast path guesses about a stream, this is what it must agree
// with.

#include <cstddef>
#include <cstdint>
#include <vector>

#include <shoal/base/bytes.hpp>
#include <shoal/base/result.hpp>
#include <shoal/wire/message.hpp>

namespace shoal::wire {

enum class errc {
  frame_too_long = 1,       ///< longer than `limits` allows for its kind
  bad_length,               ///< the frame's length does not fit its message id
  bad_protocol,             ///< the handshake does not begin with "\x13BitTorrent protocol"
  bad_extension_handshake,  ///< bencoded, but not a dictionary
  bad_extension_message,    ///< of an extension that we know: not the dictionary that its BEP says
  bad_public_key,           ///< of the encrypted handshake: a number that makes no secret
  padding_too_long,         ///< of the encrypted handshake; or what should end it does not come
  bad_verification,         ///< of the encrypted handshake: not the zeros that show that both have one key
  no_common_cipher,         ///< of the encrypted handshake
};
const boost::system::error_category& category();
inline error make_error_code(errc e) {
  return {static_cast<int>(e), category()};
}

struct limits {
  /// Payload bytes of a `piece`. We never ask for more than `block_bytes`.
  std::uint32_t block_bytes_max = block_bytes;
  /// Bytes of a `bitfield` message's bits: ceil(pieces / 8) once the torrent is known.
  std::uint32_t bitfield_bytes_max = 1U << 20;
  /// Bytes of an `extended` payload.
  std::uint32_t extended_bytes_max = 1U << 17;
  /// Length of a frame with an unknown id, the id counted.
  std::uint32_t unknown_bytes_max = 1U << 14;
};

/// Length prefix, id, index and begin: what stands before a block.
inline constexpr std::size_t piece_head_bytes = 13;

/// One decoded frame.
struct frame {
  message msg;
  byte_view payload;  ///< the block of a `piece`, inside the input; empty otherwise
};

/// Decodes the frame at the head of `in`. Returns the bytes it took, or 0 when the frame is not whole yet;
/// `needed`, when given, then says how many bytes from the head on it will take (at least 4). An error means
/// that the peer broke the protocol and the stream has no meaning from here on. Errors show as soon as the
/// length and id are there, never only after the whole frame was buffered.
result<std::size_t> decode(byte_view in, const limits& limits, frame& out, std::size_t* needed = nullptr);

/// Appends the frame; for `piece` only its 13-byte head, the caller sends the block after it. `unknown` may
/// not be encoded.
void encode(const message& m, std::vector<std::byte>& out);

}  // namespace shoal::wire

template <>
struct boost::system::is_error_code_enum<shoal::wire::errc> : std::true_type {};
