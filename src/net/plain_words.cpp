#include "net/plain_words.hpp"

#include <cstdint>

namespace shoal::net {

namespace {

/// Bytes in the UTF-8 character at the front; 0 when it is none (RFC 3629: no long forms, no surrogates).
std::size_t character_bytes(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = at(0);
  if (lead < 0x80) {
    return 1;
  }
  const std::size_t n = lead >= 0xc2 && lead < 0xe0   ? 2
                        : lead >= 0xe0 && lead < 0xf0 ? 3
                        : lead >= 0xf0 && lead < 0xf5 ? 4
                                                      : 0;
  if (n == 0 || text.size() < n) {
    return 0;
  }
  for (std::size_t i = 1; i < n; ++i) {
    if ((at(i) & 0xc0) != 0x80) {
      return 0;
    }
  }
  const std::uint8_t second = at(1);
  const bool long_form = (lead == 0xe0 && second < 0xa0) || (lead == 0xf0 && second < 0x90);
  const bool out_of_range = (lead == 0xed && second >= 0xa0) || (lead == 0xf4 && second >= 0x90);
  return long_form || out_of_range ? 0 : n;
}

/// C0, DEL, and C1, which is two bytes in UTF-8.
bool is_control(std::string_view character) {
  const auto lead = static_cast<std::uint8_t>(character[0]);
  return lead < 0x20 || lead == 0x7f || (lead == 0xc2 && static_cast<std::uint8_t>(character[1]) < 0xa0);
}

}  // namespace

std::string plain_words(std::string_view text, std::size_t bytes_max) {
  std::string out;
  while (!text.empty()) {
    const std::size_t n = character_bytes(text);
    const std::string_view character = text.substr(0, n == 0 ? 1 : n);
    const std::string_view plain = n == 0 ? "?" : is_control(character) ? " " : character;
    if (out.size() + plain.size() > bytes_max) {
      break;
    }
    out += plain;
    text.remove_prefix(character.size());
  }
  return out;
}

}  // namespace shoal::net
