#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <string_view>
#include <type_traits>
#include <variant>

#include <shoal/wire/codec.hpp>

#include "wire/message_table.hpp"

namespace shoal::wire {
namespace {

constexpr std::size_t prefix_bytes = 4;

std::string_view describe(int value) {
  switch (static_cast<errc>(value)) {
    case errc::frame_too_long:
      return "the peer announced a message longer than any it may send";
    case errc::bad_length:
      return "the peer sent a message whose length does not fit its kind";
    case errc::bad_protocol:
      return "the other side does not speak the BitTorrent protocol";
    case errc::bad_extension_handshake:
      return "the peer's extension handshake is not a dictionary";
    case errc::bad_extension_message:
      return "the peer sent an extension message that its specification does not know";
    case errc::bad_public_key:
      return "the peer's key for encryption is none";
    case errc::padding_too_long:
      return "the peer's encrypted handshake has no end, or is for another torrent";
    case errc::bad_verification:
      return "the peer's encrypted handshake does not fit its key";
    case errc::no_common_cipher:
      return "the peer wants another kind of encryption than we do";
  }
  return "unknown wire error";
}

/// The caller has checked that four bytes are there; `byte_reader`'s checks would be half of decoding.
std::uint32_t load_u32(const std::byte* at) {
  return std::to_integer<std::uint32_t>(at[0]) << 24 | std::to_integer<std::uint32_t>(at[1]) << 16 |
         std::to_integer<std::uint32_t>(at[2]) << 8 | std::to_integer<std::uint32_t>(at[3]);
}

piece_index load_piece(const std::byte* at) {
  return piece_index(load_u32(at));
}

block_ref load_block(const std::byte* at) {
  return {load_piece(at), load_u32(at + 4), load_u32(at + 8)};
}

std::uint32_t tail_bytes_max(tail rest, const limits& l) {
  switch (rest) {
    case tail::none:
      return 0;
    case tail::bits:
      return l.bitfield_bytes_max;
    case tail::block:
      return l.block_bytes_max;
    case tail::payload:
      return l.extended_bytes_max;
  }
  return 0;
}

/// The longest frame of any kind: what a length is held against before its id has come. In 64 bits, so that
/// no limit can wrap.
std::uint64_t length_max(const limits& l) {
  std::uint64_t most = l.unknown_bytes_max;
  for (const auto& row : message_rows) {
    most = std::max(most, std::uint64_t{row.length} + tail_bytes_max(row.rest, l));
  }
  return most;
}

/// Whether a frame of this length may have this id; `row` is null for an unknown one.
error check_length(const message_row* row, std::uint32_t length, const limits& l) {
  if (row == nullptr) {
    return length > l.unknown_bytes_max ? make_error_code(errc::frame_too_long) : error{};
  }
  if (length < row->length || (row->rest == tail::none && length > row->length)) {
    return make_error_code(errc::bad_length);
  }
  if (length - row->length > tail_bytes_max(row->rest, l)) {
    return make_error_code(errc::frame_too_long);
  }
  return {};
}

/// `body` is what follows the id, of a length that `check_length` has allowed.
void decode_body(std::uint8_t id, byte_view body, frame& out) {
  const std::byte* const at = body.data();
  switch (id) {
    case 0:
      out.msg.emplace<choke>();
      return;
    case 1:
      out.msg.emplace<unchoke>();
      return;
    case 2:
      out.msg.emplace<interested>();
      return;
    case 3:
      out.msg.emplace<not_interested>();
      return;
    case 4:
      out.msg.emplace<have>(load_piece(at));
      return;
    case 5:
      out.msg.emplace<bitfield_bits>().bits.assign(body.begin(), body.end());
      return;
    case 6:
      out.msg.emplace<request>(load_block(at));
      return;
    case 7:
      out.payload = body.subspan(8);
      out.msg.emplace<piece>(
          block_ref{load_piece(at), load_u32(at + 4), static_cast<std::uint32_t>(out.payload.size())});
      return;
    case 8:
      out.msg.emplace<cancel>(load_block(at));
      return;
    case 9:
      out.msg.emplace<port>(static_cast<std::uint16_t>(std::to_integer<unsigned>(at[0]) << 8 |
                                                       std::to_integer<unsigned>(at[1])));
      return;
    case 13:
      out.msg.emplace<suggest_piece>(load_piece(at));
      return;
    case 14:
      out.msg.emplace<have_all>();
      return;
    case 15:
      out.msg.emplace<have_none>();
      return;
    case 16:
      out.msg.emplace<reject_request>(load_block(at));
      return;
    case 17:
      out.msg.emplace<allowed_fast>(load_piece(at));
      return;
    case 20: {
      auto& e = out.msg.emplace<extended>(std::to_integer<std::uint8_t>(at[0]));
      e.payload.assign(body.begin() + 1, body.end());
      return;
    }
    default:
      out.msg.emplace<unknown>(id);
      return;
  }
}

/// Length prefix, id and fixed fields, gathered on the stack and appended at once.
class head {
 public:
  head(const message_row& row, std::size_t tail_size) {
    u32(row.length + static_cast<std::uint32_t>(tail_size));
    u8(row.id);
  }
  void u8(std::uint8_t v) { bytes_[size_++] = std::byte{v}; }
  void u16(std::uint16_t v) {
    u8(static_cast<std::uint8_t>(v >> 8));
    u8(static_cast<std::uint8_t>(v));
  }
  void u32(std::uint32_t v) {
    u16(static_cast<std::uint16_t>(v >> 16));
    u16(static_cast<std::uint16_t>(v));
  }
  void append_to(std::vector<std::byte>& out) const {
    out.insert(out.end(), bytes_.begin(), bytes_.begin() + size_);
  }

 private:
  std::array<std::byte, 17> bytes_;  // the longest: prefix, id, three numbers
  std::uint8_t size_ = 0;
};

template <class M>
concept has_piece = requires(const M& m) { m.piece; };
template <class M>
concept has_block = requires(const M& m) { m.block; };

template <class M>
byte_view tail_of(const M& m) {
  if constexpr (std::is_same_v<M, bitfield_bits>) {
    return m.bits;
  } else if constexpr (std::is_same_v<M, extended>) {
    return m.payload;
  } else {
    return {};
  }
}

template <class M>
void encode_as(const message_row& row, const M& m, std::vector<std::byte>& out) {
  const byte_view rest = tail_of(m);
  if constexpr (std::is_same_v<M, piece>) {
    head h(row, m.block.length);
    h.u32(m.block.piece.value());
    h.u32(m.block.begin);
    h.append_to(out);
    return;
  }
  head h(row, rest.size());
  if constexpr (has_block<M>) {
    h.u32(m.block.piece.value());
    h.u32(m.block.begin);
    h.u32(m.block.length);
  } else if constexpr (has_piece<M>) {
    h.u32(m.piece.value());
  } else if constexpr (std::is_same_v<M, port>) {
    h.u16(m.number);
  } else if constexpr (std::is_same_v<M, extended>) {
    h.u8(m.id);
  }
  h.append_to(out);
  out.insert(out.end(), rest.begin(), rest.end());
}

}  // namespace

const boost::system::error_category& category() {
  static const message_category instance("shoal.wire", describe);
  return instance;
}

std::string_view name_of(const message& m) {
  if (std::holds_alternative<keep_alive>(m)) {
    return "keep-alive";
  }
  return std::holds_alternative<unknown>(m) ? "unknown" : message_rows[m.index() - 1].name;
}

result<std::size_t> decode(byte_view in, const limits& limits, frame& out, std::size_t* needed) {
  const auto wait_for = [needed](std::size_t bytes) -> std::size_t {
    if (needed != nullptr) {
      *needed = bytes;
    }
    return 0;
  };
  if (in.size() < prefix_bytes) {
    return wait_for(prefix_bytes);
  }
  const std::uint32_t length = load_u32(in.data());
  const std::size_t whole = prefix_bytes + length;
  if (length == 0) {
    out.msg.emplace<keep_alive>();
    out.payload = {};
    return whole;
  }
  if (in.size() == prefix_bytes) {
    if (length > length_max(limits)) {
      return errc::frame_too_long;
    }
    return wait_for(whole);
  }
  const auto id = std::to_integer<std::uint8_t>(in[prefix_bytes]);
  if (const error e = check_length(find_row(id), length, limits)) {
    // What the length alone condemns has one error, however many bytes came with it.
    return length > length_max(limits) ? make_error_code(errc::frame_too_long) : e;
  }
  if (in.size() < whole) {
    return wait_for(whole);
  }
  out.payload = {};
  decode_body(id, in.subspan(prefix_bytes + 1, length - 1), out);
  return whole;
}

void encode(const message& m, std::vector<std::byte>& out) {
  std::visit(
      [&]<class M>(const M& value) {
        if constexpr (std::is_same_v<M, keep_alive>) {
          out.insert(out.end(), prefix_bytes, std::byte{0});
        } else if constexpr (std::is_same_v<M, unknown>) {
          assert(false && "an unknown message cannot be encoded");
        } else {
          encode_as(message_rows[m.index() - 1], value, out);
        }
      },
      m);
}

}  // namespace shoal::wire
