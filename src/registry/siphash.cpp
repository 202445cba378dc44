#include "registry/siphash.hpp"

#include <bit>

namespace shoal::registry {

namespace {

struct siphash_state {
  std::uint64_t v0, v1, v2, v3;

  explicit siphash_state(const siphash_key& key)
      : v0(key[0] ^ 0x736f6d6570736575U),
        v1(key[1] ^ 0x646f72616e646f6dU),
        v2(key[0] ^ 0x6c7967656e657261U),
        v3(key[1] ^ 0x7465646279746573U) {}

  void round() {
    v0 += v1;
    v2 += v3;
    v1 = std::rotl(v1, 13) ^ v0;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 = std::rotl(v0, 32);
    v2 += v1;
    v0 += v3;
    v1 = std::rotl(v1, 17) ^ v2;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 = std::rotl(v2, 32);
  }
  void take(std::uint64_t word) {
    v3 ^= word;
    round();
    round();
    v0 ^= word;
  }
};

std::uint64_t little_endian(byte_view bytes) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    word |= std::to_integer<std::uint64_t>(bytes[i]) << (8 * i);
  }
  return word;
}

}  // namespace

std::uint64_t siphash(const siphash_key& key, byte_view message) {
  siphash_state s(key);
  const auto length = static_cast<std::uint64_t>(message.size()) << 56;
  for (; message.size() >= 8; message = message.subspan(8)) {
    s.take(little_endian(message.first(8)));
  }
  s.take(length | little_endian(message));
  s.v2 ^= 0xff;
  for (int i = 0; i < 4; ++i) {
    s.round();
  }
  return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

}  // namespace shoal::registry
