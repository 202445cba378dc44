#pragma once
// Hexadecimal, and the percent-encoding that URLs and the HTTP tracker protocol use.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <shoal/base/bytes.hpp>

namespace shoal {

/// Lower-case digits, two a byte.
std::string to_hex(byte_view bytes);
/// Either case; nothing for an odd length or another character.
std::optional<std::vector<std::byte>> from_hex(std::string_view text);

/// RFC 3986: all but unreserved characters as %XX.
std::string percent_encode(byte_view bytes);
/// Nothing for a broken escape. A '+' stays a '+'.
std::optional<std::string> percent_decode(std::string_view text);

}  // namespace shoal
