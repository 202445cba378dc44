#pragma once
// A hash with a secret, for tables whose keys strangers choose: announces can carry any info-hash and any
// port, and with a known function one host could pile thousands of them on one bucket. Folded 64 x 64
// multiplication, a multiply a word; not for cryptography.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <shoal/base/bytes.hpp>
#include <shoal/base/rng.hpp>

namespace shoal::registry {

class keyed_hash {
 public:
  explicit keyed_hash(rng& chance) : start_(chance.next()), factor_(chance.next() | 1U) {}

  std::uint64_t operator()(byte_view bytes, std::uint64_t number) const {
    std::uint64_t h = fold(start_ ^ number, factor_);
    while (!bytes.empty()) {
      std::uint64_t word = 0;
      const std::size_t n = std::min(bytes.size(), sizeof word);
      std::memcpy(&word, bytes.data(), n);
      h = fold(h ^ word ^ n, factor_);
      bytes = bytes.subspan(n);
    }
    return h;
  }

 private:
  __extension__ using wide = unsigned __int128;

  static std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
    const wide product = static_cast<wide>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  }

  std::uint64_t start_;
  std::uint64_t factor_;
};

}  // namespace shoal::registry
