#pragma once
// SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed hash of short inputs that nobody without the key can
// foretell. OpenSSL has it too, behind an interface that allocates.

#include <array>
#include <cstddef>
#include <cstdint>

#include <shoal/base/bytes.hpp>

namespace shoal::registry {

using siphash_key = std::array<std::uint64_t, 2>;

std::uint64_t siphash(const siphash_key& key, byte_view message);

}  // namespace shoal::registry
