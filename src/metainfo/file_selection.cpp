#include <algorithm>
#include <charconv>
#include <cstddef>

#include <shoal/metainfo/file_selection.hpp>

namespace shoal::metainfo {

namespace {

std::optional<std::uint32_t> whole_number(std::string_view text) {
  std::uint32_t out = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), out);
  return ec == std::errc() && end == text.data() + text.size() ? std::optional(out) : std::nullopt;
}

bool is_number_or_range(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789-") == std::string_view::npos &&
         text.find_first_of("0123456789") != std::string_view::npos;
}

/// Bytes of the character at the beginning of a text that is not empty.
std::size_t character_bytes(std::string_view text) {
  std::size_t n = 1;
  while (n < text.size() && (static_cast<unsigned char>(text[n]) & 0xc0U) == 0x80U) {
    ++n;
  }
  return n;
}

/// The end of "[...]" at the beginning of a pattern, behind its bracket; 0 when it has none. A bracket that
/// comes first stands for itself.
std::size_t set_end(std::string_view pattern) {
  const std::size_t first = pattern.size() > 1 && pattern[1] == '!' ? 2 : 1;
  const auto close = pattern.find(']', first + 1);
  return close == std::string_view::npos ? 0 : close + 1;
}

bool in_set(char c, std::string_view set) {
  const auto at = static_cast<unsigned char>(c);
  for (std::size_t i = 0; i < set.size(); ++i) {
    const auto low = static_cast<unsigned char>(set[i]);
    const bool range = i + 2 < set.size() && set[i + 1] == '-';
    const auto high = range ? static_cast<unsigned char>(set[i + 2]) : low;
    if (low <= at && at <= high) {
      return true;
    }
    i += range ? 2 : 0;
  }
  return false;
}

/// What one element of a pattern (no star) takes: bytes of the text and of the pattern. Nothing when it does
/// not fit.
struct step {
  std::size_t text, pattern;
};
std::optional<step> take_one(std::string_view text, std::string_view pattern) {
  if (text.empty() || pattern.empty()) {
    return std::nullopt;
  }
  if (pattern.front() == '?') {
    return step{character_bytes(text), 1};
  }
  if (const auto end = pattern.front() == '[' ? set_end(pattern) : 0; end != 0) {
    const bool inverted = pattern[1] == '!';
    const std::size_t from = inverted ? 2 : 1;
    const bool inside = in_set(text.front(), pattern.substr(from, end - 1 - from));
    return inside != inverted ? std::optional(step{character_bytes(text), end}) : std::nullopt;
  }
  return text.front() == pattern.front() ? std::optional(step{1, 1}) : std::nullopt;
}

std::string path_of(const file_entry& f) {
  std::string out;
  for (const auto& name : f.path) {
    out += (out.empty() ? "" : "/") + name;
  }
  return out;
}

bool is_selected(const std::string& pattern, std::string_view path) {
  if (pattern.ends_with('/')) {
    return path.starts_with(pattern) || fits_pattern(path, pattern + "*");
  }
  const bool by_name = pattern.find('/') == std::string::npos;
  const auto held_against = by_name ? path.substr(path.rfind('/') + 1) : path;
  return held_against == pattern || fits_pattern(held_against, pattern);
}

}  // namespace

std::optional<file_range> parse_file_range(std::string_view text) {
  const auto dash = std::min(text.find('-'), text.size());
  const auto first = whole_number(text.substr(0, dash));
  const auto last = dash < text.size() ? whole_number(text.substr(dash + 1)) : first;
  return first && last && *first <= *last ? std::optional(file_range{*first, *last}) : std::nullopt;
}

std::optional<file_selection> parse_file_selection(std::string_view text) {
  file_selection out;
  for (std::size_t begin = 0; begin <= text.size();) {
    const auto end = std::min(text.find(',', begin), text.size());
    const auto item = text.substr(begin, end - begin);
    if (const auto range = parse_file_range(item)) {
      out.numbers.push_back(*range);
    } else if (item.empty() || is_number_or_range(item)) {
      return std::nullopt;
    } else {
      out.patterns.emplace_back(item);
    }
    begin = end + 1;
  }
  return out;
}

std::vector<std::uint8_t> select_files(const file_selection& s, const file_layout& files) {
  const auto& all = files.files();
  std::vector<std::uint8_t> out(all.size(), 0);
  const auto select = [&](std::size_t i) { out[i] = all[i].padding ? 0 : 4; };
  for (const auto& range : s.numbers) {
    for (std::size_t i = range.first; i <= range.last && i < all.size(); ++i) {
      select(i);
    }
  }
  for (std::size_t i = 0; i < all.size() && !s.patterns.empty(); ++i) {
    const auto path = path_of(all[i]);
    if (std::ranges::any_of(s.patterns, [&](const auto& p) { return is_selected(p, path); })) {
      select(i);
    }
  }
  return out;
}

bool selects_any(const std::vector<std::uint8_t>& priorities) {
  return std::ranges::any_of(priorities, [](auto priority) { return priority != 0; });
}

/// When what follows a star does not fit, the star takes one byte more; only the last star needs trying
/// again, since what stands before it fits already.
bool fits_pattern(std::string_view text, std::string_view pattern) {
  std::size_t t = 0, p = 0;
  std::optional<std::size_t> star;  // behind it, in the pattern
  std::size_t star_end = 0;         // how far it goes, in the text
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = ++p;
      star_end = t;
    } else if (const auto taken = take_one(text.substr(t), pattern.substr(p))) {
      t += taken->text;
      p += taken->pattern;
    } else if (star) {
      p = *star;
      t = ++star_end;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

}  // namespace shoal::metainfo
