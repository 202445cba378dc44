#pragma once
// A set of pieces, one bit each, in 64-bit words so that set operations cost a word per 64 pieces. On the
// wire (BEP 3) the first piece is the high bit of the first byte and the spare bits at the end are zero;
// `from_wire` checks both the length and the spare bits.
//
// Up to 256 pieces lie in the object itself: a swarm of many peers spends its time on fetching memory.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <shoal/base/bytes.hpp>
#include <shoal/base/strong.hpp>

namespace shoal {

class bitfield {
 public:
  bitfield() = default;
  /// `size` pieces, all absent (or all present).
  explicit bitfield(std::size_t size, bool value = false);
  bitfield(const bitfield& other);
  /// `other` is empty then.
  bitfield(bitfield&& other) noexcept : bitfield() { swap(other); }
  bitfield& operator=(bitfield other) noexcept {
    swap(other);
    return *this;
  }
  ~bitfield() = default;

  /// Reads a `bitfield` message for `size` pieces; nothing when its length is not ceil(size / 8) or a
  /// spare bit is set.
  static std::optional<bitfield> from_wire(byte_view bytes, std::size_t size);
  std::vector<std::byte> to_wire() const;

  std::size_t size() const { return size_; }
  /// How many are present. O(1).
  std::size_t count() const { return count_; }
  bool all() const { return count_ == size_; }
  bool none() const { return count_ == 0; }

  bool test(piece_index i) const { return ((begin()[i.index() / 64] >> (i.index() % 64)) & 1U) != 0; }
  /// True when this changed the bit.
  bool set(piece_index i) {
    auto& w = begin()[i.index() / 64];
    const auto bit = word{1} << (i.index() % 64);
    if ((w & bit) != 0) {
      return false;
    }
    w |= bit;
    ++count_;
    return true;
  }
  bool reset(piece_index i) {
    auto& w = begin()[i.index() / 64];
    const auto bit = word{1} << (i.index() % 64);
    if ((w & bit) == 0) {
      return false;
    }
    w &= ~bit;
    --count_;
    return true;
  }
  void set_all();
  /// What is in both; of the same size. O(size / 64), as the next.
  bitfield& operator&=(const bitfield& other);
  /// What is not in the other.
  bitfield& operator-=(const bitfield& other);

  /// The words, lowest piece in the lowest bit of the first; bits past `size()` are zero.
  std::span<const std::uint64_t> words() const { return {begin(), word_count()}; }

  /// Calls f(piece_index) for each present piece, lowest first.
  template <class F>
  void for_each(F f) const {
    const auto all = words();
    for (std::size_t w = 0; w < all.size(); ++w) {
      for (std::uint64_t bits = all[w]; bits != 0; bits &= bits - 1) {
        f(piece_index(static_cast<std::uint32_t>(w * 64 + static_cast<std::size_t>(__builtin_ctzll(bits)))));
      }
    }
  }

  friend bool operator==(const bitfield& a, const bitfield& b) {
    return a.size_ == b.size_ && a.count_ == b.count_ && std::ranges::equal(a.words(), b.words());
  }

 private:
  using word = std::uint64_t;

  std::size_t word_count() const { return (std::size_t{size_} + 63) / 64; }
  const word* begin() const { return outside_ ? outside_.get() : inside_.data(); }
  word* begin() { return outside_ ? outside_.get() : inside_.data(); }
  void swap(bitfield& other) noexcept;
  void recount();

  std::uint32_t size_ = 0;
  std::uint32_t count_ = 0;
  std::array<word, 4> inside_{};
  std::unique_ptr<word[]> outside_;  // of those that do not fit in there
};

}  // namespace shoal
