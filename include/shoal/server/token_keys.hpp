#pragma once
// Signed tokens that let their bearers announce a torrent for a time: JSON Web Tokens (RFC 7519) in the
// compact form of RFC 7515, signed by RS256 or ES256 (RFC 7518). Whoever runs the site holds the private key;
// the tracker knows the public one, and no user.
//
// Claims that count: `infohash`, 40 hexadecimal digits; `exp`, which must be there; `nbf`, if there. Times
// are seconds since 1970. Tokens that need an extension understood (`crit`) are refused. Which algorithm may
// be used is up to the key, never to the token.

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include <shoal/hash/digest.hpp>

namespace shoal::server {

/// What a token says when it holds, or why it does not.
struct token_verdict {
  std::string_view refusal;  ///< for the bearer to read; empty when the token holds
  sha1_digest info_hash;     ///< which torrent it is for
};

class token_keys {
 public:
  /// The public keys in a PEM text, 8 at most: RSA of 2048 bits and more, or EC on P-256. Nothing when there
  /// is none, or one of another kind.
  static std::optional<token_keys> parse(std::string_view pem);

  /// Some ten microseconds for a token that looks right. Thread-safe.
  token_verdict check(std::string_view token, std::uint64_t unix_now_s) const;

 private:
  struct key_ring;
  explicit token_keys(std::shared_ptr<const key_ring> keys);

  std::shared_ptr<const key_ring> keys_;
};

}  // namespace shoal::server
