#include "hash/sha1_compress.hpp"

#if defined(__x86_64__)

#include <cassert>
#include <cpuid.h>
#include <immintrin.h>
#include <utility>

// The step and the block are inlined into one function a lane count and a target, so that every lane's state
// stays in registers.
#define SHOAL_SHA_TARGET gnu::target("sha,sse4.1")
#define SHOAL_SHA_INLINE SHOAL_SHA_TARGET, gnu::always_inline

namespace shoal::detail {

namespace {

template <std::size_t N>
struct registers {
  __m128i abcd[N];
  __m128i e[2][N];        ///< this step's e, and the next one's
  __m128i message[4][N];  ///< the last 16 words of the schedule
};

/// Rounds 4 I to 4 I + 3.
template <std::size_t I, std::size_t N>
[[SHOAL_SHA_INLINE]] inline void step(registers<N>& r) {
  const auto& now = r.message[I % 4];
  for (std::size_t n = 0; n < N; ++n) {
    __m128i& e = r.e[I % 2][n];
    e = I == 0 ? _mm_add_epi32(e, now[n]) : _mm_sha1nexte_epu32(e, now[n]);
    r.e[(I + 1) % 2][n] = r.abcd[n];
    if constexpr (I >= 3 && I <= 18) {
      r.message[(I + 1) % 4][n] = _mm_sha1msg2_epu32(r.message[(I + 1) % 4][n], now[n]);
    }
    r.abcd[n] = _mm_sha1rnds4_epu32(r.abcd[n], e, I / 5);
    if constexpr (I >= 1 && I <= 16) {
      r.message[(I + 3) % 4][n] = _mm_sha1msg1_epu32(r.message[(I + 3) % 4][n], now[n]);
    }
    if constexpr (I >= 2 && I <= 17) {
      r.message[(I + 2) % 4][n] = _mm_xor_si128(r.message[(I + 2) % 4][n], now[n]);
    }
  }
}

template <std::size_t N, std::size_t... I>
[[SHOAL_SHA_INLINE]] inline void rounds(registers<N>& r, std::index_sequence<I...>) {
  (step<I>(r), ...);
}

template <std::size_t N>
[[SHOAL_SHA_INLINE]] inline void compress(sha1_lane* lane, std::size_t blocks) {
  const __m128i big_endian = _mm_set_epi64x(0x0001020304050607, 0x08090a0b0c0d0e0f);
  registers<N> r;
  __m128i e[N];
  for (std::size_t n = 0; n < N; ++n) {
    const auto* hash = reinterpret_cast<const __m128i*>(lane[n].hash.data());
    r.abcd[n] = _mm_shuffle_epi32(_mm_loadu_si128(hash), 0x1b);
    e[n] = _mm_set_epi32(static_cast<int>(lane[n].hash[4]), 0, 0, 0);
  }
  for (; blocks > 0; --blocks) {
    __m128i abcd[N];
    for (std::size_t n = 0; n < N; ++n) {
      const auto* data = reinterpret_cast<const __m128i*>(lane[n].data);
      for (std::size_t i = 0; i < 4; ++i) {
        r.message[i][n] = _mm_shuffle_epi8(_mm_loadu_si128(data + i), big_endian);
      }
      lane[n].data += sha1_block_bytes;
      abcd[n] = r.abcd[n];
      r.e[0][n] = e[n];
    }
    rounds(r, std::make_index_sequence<20>());
    for (std::size_t n = 0; n < N; ++n) {
      e[n] = _mm_sha1nexte_epu32(r.e[0][n], e[n]);
      r.abcd[n] = _mm_add_epi32(r.abcd[n], abcd[n]);
    }
  }
  for (std::size_t n = 0; n < N; ++n) {
    auto* hash = reinterpret_cast<__m128i*>(lane[n].hash.data());
    _mm_storeu_si128(hash, _mm_shuffle_epi32(r.abcd[n], 0x1b));
    lane[n].hash[4] = static_cast<std::uint32_t>(_mm_extract_epi32(e[n], 3));
  }
}

[[SHOAL_SHA_TARGET]] void compress_sha(sha1_lane* lane, std::size_t lanes, std::size_t blocks) {
  assert(lanes >= 1 && lanes <= sha1_lanes);
  switch (lanes) {
    case 1:
      return compress<1>(lane, blocks);
    case 2:
      return compress<2>(lane, blocks);
    case 3:
      return compress<3>(lane, blocks);
    default:
      return compress<4>(lane, blocks);
  }
}

/// The SHA instructions know 16 registers; the other 16 of AVX-512 spare the rest the way through memory.
[[gnu::target("sha,sse4.1,avx512vl")]] void compress_avx512(sha1_lane* lane, std::size_t lanes,
                                                            std::size_t blocks) {
  if (lanes < sha1_lanes) return compress_sha(lane, lanes, blocks);
  compress<4>(lane, blocks);
}

bool has_sha() {
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & bit_SHA) != 0 &&
         __builtin_cpu_supports("sse4.1") != 0;
}

}  // namespace

sha1_compress_fn sha1_compress() {
  static const sha1_compress_fn chosen = [] {
    if (!has_sha()) return sha1_compress_fn{};
    return __builtin_cpu_supports("avx512vl") != 0 ? compress_avx512 : compress_sha;
  }();
  return chosen;
}

}  // namespace shoal::detail

#else

shoal::detail::sha1_compress_fn shoal::detail::sha1_compress() {
  return nullptr;
}

#endif
