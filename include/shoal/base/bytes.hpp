#pragma once
// Bytes, read and written in network order. The reader is for bytes from outside: it never reads past its
// end; a short input makes it `failed()`, and from then on it gives zeros.

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace shoal {

using byte_view = std::span<const std::byte>;

/// Text as bytes, without a copy.
inline byte_view as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}
/// Bytes as text, without a copy; any bytes are allowed in it.
inline std::string_view as_text(byte_view bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

class byte_reader {
 public:
  explicit byte_reader(byte_view in) : in_(in) {}

  std::uint8_t u8() { return static_cast<std::uint8_t>(take_number(1)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(take_number(2)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(take_number(4)); }
  std::uint64_t u64() { return take_number(8); }

  /// The next n bytes; empty and `failed()` when there are fewer.
  byte_view bytes(std::size_t n) {
    if (n > in_.size()) {
      failed_ = true;
      in_ = {};
      return {};
    }
    const byte_view out = in_.first(n);
    in_ = in_.subspan(n);
    return out;
  }

  std::size_t remaining() const { return in_.size(); }
  bool failed() const { return failed_; }

 private:
  std::uint64_t take_number(std::size_t n) {
    std::uint64_t value = 0;
    for (const std::byte b : bytes(n)) {
      value = (value << 8) | std::to_integer<std::uint64_t>(b);
    }
    return value;
  }

  byte_view in_;
  bool failed_ = false;
};

/// Writes into room that its owner has, for messages whose size is known before. Never beyond it: to ask for
/// more room than there is breaks an invariant.
class span_writer {
 public:
  explicit span_writer(std::span<std::byte> room) : room_(room) {}

  void u8(std::uint8_t v) { put_number(v, 1); }
  void u16(std::uint16_t v) { put_number(v, 2); }
  void u32(std::uint32_t v) { put_number(v, 4); }
  void u64(std::uint64_t v) { put_number(v, 8); }
  void bytes(byte_view v) {
    if (!v.empty()) {
      std::memcpy(take(v.size()).data(), v.data(), v.size());
    }
  }

  std::size_t room() const { return room_.size() - used_; }
  byte_view written() const { return room_.first(used_); }
  /// The next n bytes, for somebody else to fill.
  std::span<std::byte> take(std::size_t n) {
    assert(n <= room());
    used_ += n;
    return room_.subspan(used_ - n, n);
  }
  /// Only the first n bytes count as written.
  void rewind(std::size_t n) {
    assert(n <= used_);
    used_ = n;
  }

 private:
  void put_number(std::uint64_t v, std::size_t n) {
    const auto to = take(n);
    for (std::size_t i = 0; i < n; ++i) {
      to[i] = static_cast<std::byte>(v >> ((n - 1 - i) * 8));
    }
  }

  std::span<std::byte> room_;
  std::size_t used_ = 0;
};

/// Appends to a vector that its owner keeps, so that a batch of messages is one buffer.
class byte_writer {
 public:
  explicit byte_writer(std::vector<std::byte>& out) : out_(out) {}

  void u8(std::uint8_t v) { put_number(v, 1); }
  void u16(std::uint16_t v) { put_number(v, 2); }
  void u32(std::uint32_t v) { put_number(v, 4); }
  void u64(std::uint64_t v) { put_number(v, 8); }
  void bytes(byte_view v) { out_.insert(out_.end(), v.begin(), v.end()); }
  void text(std::string_view v) { bytes(as_bytes(v)); }

 private:
  void put_number(std::uint64_t v, int n) {
    for (int shift = (n - 1) * 8; shift >= 0; shift -= 8) {
      out_.push_back(static_cast<std::byte>(v >> shift));
    }
  }

  std::vector<std::byte>& out_;
};

}  // namespace shoal
