#pragma once
// Digests as values, and the identity of a torrent.

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <shoal/base/bytes.hpp>

namespace shoal {

/// N bytes that a hash function gave. `Tag` keeps digests and ids apart that happen to have one length.
template <std::size_t N, class Tag>
struct fixed_bytes {
  static constexpr std::size_t size = N;
  std::array<std::byte, N> bytes{};

  /// Nothing when `in` is not exactly N bytes.
  static std::optional<fixed_bytes> from(byte_view in) {
    if (in.size() != N) {
      return std::nullopt;
    }
    fixed_bytes out;
    std::memcpy(out.bytes.data(), in.data(), N);
    return out;
  }
  byte_view view() const { return bytes; }

  friend auto operator<=>(const fixed_bytes&, const fixed_bytes&) = default;
};

using sha1_digest = fixed_bytes<20, struct sha1_tag>;
using sha256_digest = fixed_bytes<32, struct sha256_tag>;
/// A peer's name for itself in a handshake and an announce (BEP 3, BEP 20).
using peer_id = fixed_bytes<20, struct peer_id_tag>;

/// What names a torrent. A v1 torrent has a SHA-1, a v2 torrent a SHA-256, a hybrid both (BEP 52); at least
/// one is there.
struct info_hash {
  std::optional<sha1_digest> v1;
  std::optional<sha256_digest> v2;

  /// The 20 bytes that stand for it in handshakes and announces: v1, else the head of v2 (BEP 52).
  sha1_digest wire() const {
    if (v1) {
      return *v1;
    }
    sha1_digest out;
    if (v2) {
      std::memcpy(out.bytes.data(), v2->bytes.data(), out.bytes.size());
    }
    return out;
  }

  friend auto operator<=>(const info_hash&, const info_hash&) = default;
};

}  // namespace shoal

template <std::size_t N, class Tag>
struct std::hash<shoal::fixed_bytes<N, Tag>> {
  std::size_t operator()(const shoal::fixed_bytes<N, Tag>& d) const noexcept {
    return std::hash<std::string_view>{}(shoal::as_text(d.view()));
  }
};
