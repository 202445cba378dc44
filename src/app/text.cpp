#include "app/text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include <shoal/base/units.hpp>

namespace shoal::app {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

struct decoded {
  char32_t point = 0;
  std::size_t length = 0;  // bytes; 0 when it is no UTF-8
};

decoded decode(std::string_view text) {
  const auto octet = [&](std::size_t i) -> char32_t { return static_cast<unsigned char>(text[i]); };
  const auto lead = octet(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return {};
  char32_t point = lead & (0xffU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((octet(i) & 0xc0U) != 0x80) return {};
    point = (point << 6) | (octet(i) & 0x3fU);
  }
  constexpr std::array<char32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = point >= 0xd800 && point <= 0xdfff;
  if (point < least[length] || point > 0x10ffff || surrogate) return {};
  return {point, length};
}

bool may_be_shown(char32_t c) {
  const bool control = c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029;
  const bool direction =
      c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
  return !control && !direction;
}

bool continues(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

// The byte where code point n begins.
std::size_t offset_of(std::string_view text, std::size_t n) {
  std::size_t i = 0;
  while (i < text.size() && (n > 0 || continues(text[i]))) {
    ++i;
    if (i == text.size() || !continues(text[i])) --n;
  }
  return i;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto [point, length] = decode(text);
    if (length > 0 && may_be_shown(point)) {
      out += text.substr(0, length);
    } else {
      out += replacement;
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return !continues(c); }));
}

std::string shortened(std::string_view text, std::size_t columns) {
  const auto all = columns_of(text);
  if (all <= columns) return std::string(text);
  if (columns <= 3) return std::string(text.substr(0, offset_of(text, columns)));
  const auto kept = columns - 3;
  const auto head = kept - kept / 2;
  return std::string(text.substr(0, offset_of(text, head))) + "..." +
         std::string(text.substr(offset_of(text, all - kept / 2)));
}

std::string shell_word(std::string_view text) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_-./:@%+=,").find(c) != std::string_view::npos;
  };
  if (!text.empty() && std::all_of(text.begin(), text.end(), plain)) return std::string(text);
  std::string out = "'";
  for (const char c : text) {
    out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  }
  return out + "'";
}

std::vector<std::string> wrapped(std::string_view text, std::size_t columns) {
  std::vector<std::string> lines;
  while (columns_of(text) > columns) {
    const auto limit = offset_of(text, columns);
    auto cut = text.rfind(' ', limit);
    if (cut == std::string_view::npos || cut == 0) cut = std::min(text.find(' ', limit), text.size());
    lines.emplace_back(text.substr(0, cut));
    text.remove_prefix(std::min(cut + 1, text.size()));
  }
  if (!text.empty() || lines.empty()) lines.emplace_back(text);
  return lines;
}

std::string grouped(std::uint64_t n) {
  auto out = std::to_string(n);
  for (auto i = out.size(); i > 3; i -= 3) {
    out.insert(i - 3, ",");
  }
  return out;
}

std::string elapsed(double seconds) {
  if (seconds >= 60) return format_duration(from_seconds(seconds));
  const auto tenths = static_cast<int>(seconds * 10 + 0.5);
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
}

std::string counted(std::uint64_t n, std::string_view one, std::string_view many) {
  const auto noun = n == 1 ? std::string(one) : many.empty() ? std::string(one) + "s" : std::string(many);
  return grouped(n) + " " + noun;
}

}  // namespace shoal::app
