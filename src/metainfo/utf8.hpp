#pragma once
// UTF-8, one character at a time. Input is hostile: whatever is no shortest-form encoding of a scalar value
// reads as U+FFFD, one per offending byte.

#include <cstddef>
#include <string>
#include <string_view>

namespace shoal::metainfo {

inline constexpr char32_t replacement_character = 0xfffd;

/// Takes one character from the head of `text`, which must not be empty.
char32_t take_character(std::string_view& text);
void append_character(std::string& out, char32_t c);

/// The longest head of valid UTF-8 `text` that has at most `bytes_max` bytes and splits no character.
std::string_view utf8_head(std::string_view text, std::size_t bytes_max);

}  // namespace shoal::metainfo
