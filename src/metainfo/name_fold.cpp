#include "metainfo/name_fold.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "metainfo/utf8.hpp"

namespace shoal::metainfo {

namespace {

struct decomposition {
  std::uint32_t character;
  std::uint32_t first;
  std::uint32_t second;  // 0 when there is one part only
};

/// Each `step`-th character from `first` to `last` folds to itself plus `delta`.
struct case_range {
  std::uint32_t first;
  std::uint32_t last;
  std::uint32_t step;
  std::int32_t delta;
};

struct mark_range {
  std::uint32_t first;
  std::uint32_t last;
};

#include "metainfo/fold_tables.inc"

template <class Ranges>
auto find_range(const Ranges& ranges, char32_t c) {
  const auto at = std::lower_bound(ranges.begin(), ranges.end(), c,
                                   [](const auto& range, char32_t value) { return range.last < value; });
  return at != ranges.end() && at->first <= c ? at : ranges.end();
}

bool is_mark(char32_t c) {
  return c >= 0x300 && find_range(mark_ranges, c) != mark_ranges.end();
}

/// Drawn as nothing: soft hyphen, grapheme joiner, zero-width and direction marks, variation selectors,
/// byte-order mark.
bool is_invisible(char32_t c) {
  return c == 0xad || c == 0x34f || (c >= 0x200b && c <= 0x200f) || (c >= 0x202a && c <= 0x202e) ||
         (c >= 0x2060 && c <= 0x206f) || (c >= 0xfe00 && c <= 0xfe0f) || c == 0xfeff;
}

char32_t fold_case(char32_t c) {
  const auto at = find_range(case_ranges, c);
  if (at == case_ranges.end() || (c - at->first) % at->step != 0) {
    return c;
  }
  return static_cast<char32_t>(static_cast<std::int64_t>(c) + at->delta);
}

/// The Unicode standard, section 3.12: a syllable is computed from its two or three letters.
void append_hangul(std::u32string& out, char32_t c) {
  constexpr char32_t vowels = 21;
  constexpr char32_t tails = 28;
  const char32_t index = c - 0xac00;
  out += 0x1100 + index / (vowels * tails);
  out += 0x1161 + index / tails % vowels;
  if (index % tails != 0) {
    out += 0x11a7 + index % tails;
  }
}

/// Depth is bounded by the tables: at most four decompositions and a case fold follow one another.
void append_folded(std::u32string& out, char32_t c) {
  if (c < 0x80) {
    out += c >= 'A' && c <= 'Z' ? c + 32 : c;
    return;
  }
  if (is_invisible(c)) {
    return;
  }
  if (c >= 0xac00 && c < 0xd7a4) {
    append_hangul(out, c);
    return;
  }
  if (c == 0xdf || c == 0x1e9e) {
    out += U"ss";
    return;
  }
  const auto at =
      std::lower_bound(decompositions.begin(), decompositions.end(), c,
                       [](const decomposition& d, char32_t value) { return d.character < value; });
  if (at != decompositions.end() && at->character == c) {
    append_folded(out, at->first);
    if (at->second != 0) {
      append_folded(out, at->second);
    }
    return;
  }
  const char32_t folded = fold_case(c);
  if (folded != c) {
    append_folded(out, folded);
  } else {
    out += c;
  }
}

/// Canonically equal texts may differ in the order of their marks; sorting is coarser than canonical order.
void sort_marks(std::u32string& text) {
  for (auto at = text.begin(); at != text.end();) {
    const auto first = std::find_if(at, text.end(), is_mark);
    at = std::find_if_not(first, text.end(), is_mark);
    std::sort(first, at);
  }
}

}  // namespace

std::string fold_name(std::string_view name) {
  std::u32string folded;
  folded.reserve(name.size());
  while (!name.empty()) {
    append_folded(folded, take_character(name));
  }
  sort_marks(folded);
  while (!folded.empty() && (folded.back() == '.' || folded.back() == ' ')) {
    folded.pop_back();
  }
  std::string out;
  out.reserve(folded.size());
  for (const char32_t c : folded) {
    append_character(out, c);
  }
  return out;
}

}  // namespace shoal::metainfo
