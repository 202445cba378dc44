#pragma once
// Bencoding (BEP 3), parsed without copying: a `document` is a flat vector of tokens over bytes that its
// caller keeps alive, and a `node_view` is a place in it. Parsing is iterative, so depth cannot exhaust the
// stack, and bounded, so a small input cannot make a large document.
//
// Strict where it matters for identity (no leading zeros, no "-0", one value and nothing after it); keys out
// of order or twice are accepted, since torrents in the wild have them, and `is_canonical()` tells.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <shoal/base/bytes.hpp>
#include <shoal/base/result.hpp>

namespace shoal::bencode {

enum class errc {
  truncated = 1,  ///< the input ends inside a value
  unexpected,     ///< a byte that starts no value
  bad_integer,    ///< empty, leading zero, minus zero, or beyond 64 bits
  bad_length,     ///< a string length with a leading zero, without its colon, or of 2^32 and more
  bad_key,        ///< a dictionary key that is not a string, or a key without a value
  too_deep,
  too_many_values,  ///< more than the limit, or an input of 2^32 bytes and more
  trailing_bytes,
};
const boost::system::error_category& category();
inline error make_error_code(errc e) {
  return {static_cast<int>(e), category()};
}

/// A value costs 24 bytes of memory and at least two of input.
struct limits {
  std::size_t depth_max = 64;
  std::size_t values_max = 4'000'000;  ///< keys included
};

enum class kind : std::uint8_t { integer, string, list, dictionary };

namespace detail {
struct token {
  std::int64_t number;   ///< an integer's value; a string's payload offset; a container's entry count
  std::uint32_t begin;   ///< offset of the value's first byte
  std::uint32_t end;     ///< one past its last byte
  std::uint32_t extent;  ///< tokens from this one to the one after this value: 1 but for containers
  kind type;
};
}  // namespace detail

/// A value inside a document; valid as long as the document and its bytes are, and while the document is
/// moved about. An empty view (of something that is not there) answers every question with nothing, so
/// look-ups chain.
class node_view {
 public:
  node_view() = default;

  explicit operator bool() const { return token_ != nullptr; }
  /// Only of a view that is not empty.
  kind type() const { return token_->type; }
  /// The value's own bytes, as they stand in the input (an info dictionary is hashed from these).
  byte_view raw() const;

  std::optional<std::int64_t> integer() const;
  /// The string's bytes; they need not be UTF-8.
  std::optional<std::string_view> string() const;
  bool is_list() const { return token_ != nullptr && token_->type == kind::list; }
  bool is_dictionary() const { return token_ != nullptr && token_->type == kind::dictionary; }

  /// The value at a key (the first, when it stands there twice); empty when this is no dictionary or has no
  /// such key. O(entries).
  node_view operator[](std::string_view key) const;
  /// Entries of a list or a dictionary; 0 of anything else.
  std::size_t size() const;

  /// Calls f(node_view) for each entry of a list.
  template <class F>
  void for_each(F f) const;
  /// Calls f(std::string_view key, node_view value) for each entry of a dictionary, in the input's order.
  template <class F>
  void for_each_entry(F f) const;

 private:
  friend class document;
  node_view(const detail::token* token, const std::byte* input) : token_(token), input_(input) {}

  // Into the document's token vector, whose memory stays in place when the document is moved.
  const detail::token* token_ = nullptr;
  const std::byte* input_ = nullptr;
};

class document {
 public:
  /// Holds nothing; its root is empty.
  document() = default;
  document(document&&) noexcept = default;
  document& operator=(document&&) noexcept = default;

  /// Parses exactly one value. `error_offset`, when given, receives where it went wrong. Every strict head
  /// of a good input is `truncated`.
  static result<document> parse(byte_view input, const limits& = {}, std::size_t* error_offset = nullptr);
  /// Parses one value at the head of `input` and reports its length; more bytes may follow (BEP 9, 10).
  static result<document> parse_prefix(byte_view input, std::size_t& consumed, const limits& = {});

  node_view root() const { return tokens_.empty() ? node_view() : node_view(tokens_.data(), input_.data()); }
  /// Dictionary keys sorted and unique throughout.
  bool is_canonical() const { return canonical_; }

 private:
  byte_view input_;
  std::vector<detail::token> tokens_;  // a container's entries follow it
  bool canonical_ = true;
};

/// Emits bencoding. The caller writes dictionary keys in sorted order and closes what it opens; assertions
/// watch.
class writer {
 public:
  explicit writer(std::string& out) : out_(out) {}

  writer& integer(std::int64_t v);
  writer& string(std::string_view v);
  writer& string(byte_view v) { return string(as_text(v)); }
  /// Bytes that are already bencoded.
  writer& raw(std::string_view v);
  writer& begin_list();
  writer& begin_dictionary();
  writer& end();
  writer& key(std::string_view k);

 private:
  struct open_container {
    bool dictionary;
    std::size_t key_begin = 0;  ///< where the last key stands in the output
    std::size_t key_end = 0;    ///< 0 before the first
  };

  std::string& out_;
  std::vector<open_container> open_;
};

}  // namespace shoal::bencode

template <>
struct boost::system::is_error_code_enum<shoal::bencode::errc> : std::true_type {};

namespace shoal::bencode {

template <class F>
void node_view::for_each(F f) const {
  if (!is_list()) {
    return;
  }
  const auto* const end = token_ + token_->extent;
  for (const auto* at = token_ + 1; at != end; at += at->extent) {
    f(node_view(at, input_));
  }
}

template <class F>
void node_view::for_each_entry(F f) const {
  if (!is_dictionary()) {
    return;
  }
  const auto* const end = token_ + token_->extent;
  for (const auto* key = token_ + 1; key != end;) {
    const auto* const value = key + 1;  // a key is a string, one token
    f(*node_view(key, input_).string(), node_view(value, input_));
    key = value + value->extent;
  }
}

}  // namespace shoal::bencode
