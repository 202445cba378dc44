#pragma once
// A digest of everything that happened, in its order: two runs are the same when their digests are. Not a
// cryptographic one; nobody forges a simulation.

#include <cstdint>
#include <string>

namespace shoal::sim {

class trace_digest {
 public:
  void add(std::uint64_t x) {
    a_ = (a_ ^ x) * 0x9e3779b97f4a7c15U;
    a_ ^= a_ >> 29;
    b_ = ((b_ << 23 | b_ >> 41) + a_) * 0xd1342543de82ef95U;
  }

  /// 32 hexadecimal digits.
  std::string hex() const {
    std::string out;
    for (const std::uint64_t word : {a_, b_}) {
      for (int shift = 60; shift >= 0; shift -= 4) {
        out += "0123456789abcdef"[word >> shift & 15U];
      }
    }
    return out;
  }

 private:
  std::uint64_t a_ = 0x243f6a8885a308d3U;
  std::uint64_t b_ = 0x13198a2e03707344U;
};

}  // namespace shoal::sim
