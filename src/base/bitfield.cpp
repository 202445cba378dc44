#include <algorithm>
#include <bit>
#include <cassert>
#include <functional>
#include <utility>

#include <shoal/base/bitfield.hpp>

namespace shoal {

bitfield::bitfield(std::size_t size, bool value) : size_(static_cast<std::uint32_t>(size)) {
  assert(size == size_);
  if (word_count() > inside_.size()) {
    outside_ = std::make_unique<word[]>(word_count());
  }
  if (value) {
    set_all();
  }
}

bitfield::bitfield(const bitfield& other) : bitfield(other.size_) {
  count_ = other.count_;
  std::ranges::copy(other.words(), begin());
}

void bitfield::swap(bitfield& other) noexcept {
  std::swap(size_, other.size_);
  std::swap(count_, other.count_);
  std::swap(inside_, other.inside_);
  std::swap(outside_, other.outside_);
}

void bitfield::set_all() {
  std::fill_n(begin(), word_count(), ~std::uint64_t{0});
  if (size_ % 64 != 0) {
    begin()[word_count() - 1] = (std::uint64_t{1} << (size_ % 64)) - 1;
  }
  count_ = size_;
}

bitfield& bitfield::operator&=(const bitfield& other) {
  assert(size_ == other.size_);
  std::ranges::transform(words(), other.words(), begin(), std::bit_and{});
  recount();
  return *this;
}

bitfield& bitfield::operator-=(const bitfield& other) {
  assert(size_ == other.size_);
  std::ranges::transform(words(), other.words(), begin(), [](word a, word b) { return a & ~b; });
  recount();
  return *this;
}

void bitfield::recount() {
  count_ = 0;
  for (const auto w : words()) {
    count_ += static_cast<std::uint32_t>(std::popcount(w));
  }
}

std::optional<bitfield> bitfield::from_wire(byte_view bytes, std::size_t size) {
  if (bytes.size() != (size + 7) / 8) {
    return std::nullopt;
  }
  bitfield out(size);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto octet = std::to_integer<std::uint8_t>(bytes[i]);
    if (i == size / 8 && (octet & (0xffU >> (size % 8))) != 0) {
      return std::nullopt;  // a spare bit
    }
    std::uint64_t reversed = 0;  // the wire's high bit is the lowest piece
    for (unsigned b = 0; b < 8; ++b) {
      reversed |= static_cast<std::uint64_t>((octet >> (7 - b)) & 1U) << b;
    }
    out.begin()[i / 8] |= reversed << (8 * (i % 8));
  }
  out.recount();
  return out;
}

std::vector<std::byte> bitfield::to_wire() const {
  std::vector<std::byte> out((size_ + 7) / 8);
  for_each([&](piece_index p) { out[p.index() / 8] |= static_cast<std::byte>(0x80U >> (p.index() % 8)); });
  return out;
}

}  // namespace shoal
