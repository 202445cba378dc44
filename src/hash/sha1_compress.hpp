#pragma once
// SHA-1's compression (FIPS 180-4, 6.1.2) of several independent messages at once. The rounds of one message
// wait for one another; those of several fill the gaps, which is worth a factor of two and more.

#include <array>
#include <cstddef>
#include <cstdint>

namespace shoal::detail {

inline constexpr std::size_t sha1_lanes = 4;
inline constexpr std::size_t sha1_block_bytes = 64;

struct sha1_lane {
  std::array<std::uint32_t, 5> hash{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  const std::byte* data = nullptr;  ///< the next block
};

/// Compresses `blocks` blocks of each of `lanes` lanes (1 to `sha1_lanes`) and moves `data` behind them.
using sha1_compress_fn = void (*)(sha1_lane* lane, std::size_t lanes, std::size_t blocks);

/// Null when this machine has no instructions for it.
sha1_compress_fn sha1_compress();

}  // namespace shoal::detail
