#include <algorithm>
#include <array>
#include <cstring>

#include <shoal/hash/sha1.hpp>

#include "swarm/connections.hpp"

namespace shoal::swarm {

std::vector<piece_index> allowed_fast_set(const ip_address& address, const sha1_digest& info_hash,
                                          std::uint32_t pieces, std::uint32_t k) {
  std::vector<piece_index> out;
  if (!address.is_v4()) {
    return out;
  }
  k = std::min(k, pieces);
  // BEP 6: the address masked to its /24 network, then the info-hash, hashed again and again.
  std::array<std::byte, 4 + sha1_digest::size> start{};
  std::memcpy(start.data(), address.bytes().data(), 3);
  std::memcpy(start.data() + 4, info_hash.bytes.data(), sha1_digest::size);
  auto x = sha1(start);
  while (out.size() < k) {
    byte_reader words(x.view());
    for (int i = 0; i < 5 && out.size() < k; ++i) {
      const piece_index piece(words.u32() % pieces);
      if (std::find(out.begin(), out.end(), piece) == out.end()) {
        out.push_back(piece);
      }
    }
    x = sha1(x.view());
  }
  return out;
}

}  // namespace shoal::swarm
