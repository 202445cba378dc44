#pragma once
// Where a Redis or Valkey server is.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace shoal::server {

struct redis_address {
  std::string host;  ///< a name or an address, without brackets
  std::uint16_t port = 6379;
  unsigned database = 0;
  std::string user, password;  ///< empty for none

  /// "redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE]", with escapes in user and password; nothing for
  /// anything else, such as "rediss://", for TLS is not spoken with it.
  static std::optional<redis_address> parse(std::string_view url);
  /// Without user and password: for people.
  std::string to_string() const;

  friend bool operator==(const redis_address&, const redis_address&) = default;
};

}  // namespace shoal::server
