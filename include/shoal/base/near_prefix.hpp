#pragma once
// Which hosts are near each other: those of one network, whose addresses begin with the same bits.

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <shoal/base/bytes.hpp>
#include <shoal/base/endpoint.hpp>

namespace shoal {

/// How many bits; 0: no hosts are near each other.
struct near_prefix {
  std::uint8_t v4_bits = 0;  ///< to 32
  std::uint8_t v6_bits = 0;  ///< to 128

  bool is_empty() const { return v4_bits == 0 && v6_bits == 0; }
  friend bool operator==(const near_prefix&, const near_prefix&) = default;
};

/// `bits` are no more than either has.
inline bool begin_alike(byte_view a, byte_view b, std::size_t bits) {
  const std::size_t whole = bits / 8;
  if (!std::equal(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(whole), b.begin())) {
    return false;
  }
  const auto rest = static_cast<std::byte>(0xff00U >> (bits % 8));
  return bits % 8 == 0 || ((a[whole] ^ b[whole]) & rest) == std::byte{};
}

inline bool are_near(const ip_address& a, const ip_address& b, const near_prefix& p) {
  const std::size_t bits = a.is_v4() ? p.v4_bits : p.v6_bits;
  return bits != 0 && a.is_v4() == b.is_v4() && begin_alike(a.bytes(), b.bytes(), bits);
}

}  // namespace shoal
