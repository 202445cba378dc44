#include "metainfo/utf8.hpp"

namespace shoal::metainfo {

namespace {

/// What the first byte promises: bytes that follow, its own payload bits, the least character so encoded.
struct lead {
  std::size_t following;
  char32_t bits;
  char32_t least;
};

lead read_lead(unsigned char b) {
  if ((b & 0xe0U) == 0xc0U) return {1, b & 0x1fU, 0x80};
  if ((b & 0xf0U) == 0xe0U) return {2, b & 0x0fU, 0x800};
  if ((b & 0xf8U) == 0xf0U) return {3, b & 0x07U, 0x10000};
  return {0, replacement_character, 0};
}

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U;
}

}  // namespace

char32_t take_character(std::string_view& text) {
  const auto first = static_cast<unsigned char>(text.front());
  if (first < 0x80) {
    text.remove_prefix(1);
    return first;
  }
  const lead l = read_lead(first);
  char32_t c = l.bits;
  bool good = l.following > 0 && text.size() > l.following;
  for (std::size_t i = 1; good && i <= l.following; ++i) {
    good = is_continuation(text[i]);
    c = (c << 6) | (static_cast<unsigned char>(text[i]) & 0x3fU);
  }
  good = good && c >= l.least && c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);
  text.remove_prefix(good ? l.following + 1 : 1);
  return good ? c : replacement_character;
}

void append_character(std::string& out, char32_t c) {
  const auto put = [&](char32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xc0U | (c >> 6));
    put(0x80U | (c & 0x3fU));
  } else if (c < 0x10000) {
    put(0xe0U | (c >> 12));
    put(0x80U | ((c >> 6) & 0x3fU));
    put(0x80U | (c & 0x3fU));
  } else {
    put(0xf0U | (c >> 18));
    put(0x80U | ((c >> 12) & 0x3fU));
    put(0x80U | ((c >> 6) & 0x3fU));
    put(0x80U | (c & 0x3fU));
  }
}

std::string_view utf8_head(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) {
    return text;
  }
  while (bytes_max > 0 && is_continuation(text[bytes_max])) {
    --bytes_max;
  }
  return text.substr(0, bytes_max);
}

}  // namespace shoal::metainfo
