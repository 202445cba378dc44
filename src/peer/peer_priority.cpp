#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <vector>

#include <shoal/peer/peer_priority.hpp>

namespace shoal::peer {

namespace {

constexpr std::array<std::uint32_t, 256> make_table() {
  constexpr std::uint32_t polynomial = 0x82f63b78;  // bits reversed
  std::array<std::uint32_t, 256> out{};
  for (std::uint32_t n = 0; n < out.size(); ++n) {
    std::uint32_t c = n;
    for (int bit = 0; bit < 8; ++bit) {
      c = (c >> 1U) ^ ((c & 1U) != 0 ? polynomial : 0);
    }
    out[n] = c;
  }
  return out;
}
constexpr auto crc_table = make_table();

/// Bytes that count whole: the network's, and one more than both addresses have in common when that is more.
std::size_t whole_bytes(byte_view a, byte_view b) {
  const std::size_t network = a.size() == 4 ? 2 : 6;
  const auto common =
      static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin()).first - a.begin());
  return common < network ? network : common + 1;
}

std::vector<std::byte> masked(byte_view address, std::size_t whole) {
  std::vector<std::byte> out(address.begin(), address.end());
  for (std::size_t i = whole; i < out.size(); ++i) {
    out[i] &= std::byte{0x55};
  }
  return out;
}

std::vector<std::byte> port_bytes(std::uint16_t port) {
  std::vector<std::byte> out;
  byte_writer(out).u16(port);
  return out;
}

std::uint32_t of_sorted(std::vector<std::byte> a, std::vector<std::byte> b) {
  if (b < a) {
    std::swap(a, b);
  }
  a.insert(a.end(), b.begin(), b.end());
  return crc32c(a);
}

}  // namespace

std::uint32_t crc32c(byte_view bytes) {
  std::uint32_t c = ~std::uint32_t{0};
  for (const auto b : bytes) {
    c = (c >> 8U) ^ crc_table[(c ^ std::to_integer<std::uint32_t>(b)) & 0xffU];
  }
  return ~c;
}

std::uint32_t peer_priority(const endpoint& ours, const endpoint& theirs) {
  assert(ours.address.is_v4() == theirs.address.is_v4());
  if (ours.address == theirs.address) {
    return of_sorted(port_bytes(ours.port), port_bytes(theirs.port));
  }
  const auto a = ours.address.bytes(), b = theirs.address.bytes();
  const auto whole = whole_bytes(a, b);
  return of_sorted(masked(a, whole), masked(b, whole));
}

}  // namespace shoal::peer
