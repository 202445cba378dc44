#pragma once
// A hint to the processor: these bytes will be needed soon, and may be on their way meanwhile. It changes
// nothing but the time that things take.

#include <cstddef>

namespace shoal {

inline constexpr std::size_t cache_line = 64;

/// Each cache line that [at, at + bytes) touches; they need not be readable.
inline void fetch_early(const void* at, std::size_t bytes) {
  const auto* const from = static_cast<const char*>(at);
  for (std::size_t i = 0; i < bytes; i += cache_line) {
    __builtin_prefetch(from + i);
  }
}

}  // namespace shoal
