#include <charconv>

#include <shoal/metainfo/web_seed.hpp>

namespace shoal::metainfo {
namespace {

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

void append_encoded(std::string& out, std::string_view name) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  for (const char c : name) {
    if (is_unreserved(c)) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += digits[byte >> 4];
      out += digits[byte & 15];
    }
  }
}

/// Takes a number off the head of `text`.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc{} || end == text.data()) {
    return std::nullopt;
  }
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

bool take(std::string_view& text, std::string_view expected) {
  if (!text.starts_with(expected)) {
    return false;
  }
  text.remove_prefix(expected.size());
  return true;
}

}  // namespace

std::string web_seed_url(std::string_view web_seed, const torrent_info& t, file_index file) {
  std::string out(web_seed);
  if (!t.multi_file) {
    if (out.ends_with('/')) {
      append_encoded(out, t.name);
    }
    return out;
  }
  if (!out.ends_with('/')) {
    out += '/';
  }
  append_encoded(out, t.name);
  for (const auto& component : t.files[file].path) {
    out += '/';
    append_encoded(out, component);
  }
  return out;
}

std::optional<content_range> parse_content_range(std::string_view text) {
  content_range out;
  if (!take(text, "bytes ")) {
    return std::nullopt;
  }
  const auto first = take_number(text);
  if (!first || !take(text, "-")) {
    return std::nullopt;
  }
  const auto last = take_number(text);
  if (!last || *last < *first || !take(text, "/")) {
    return std::nullopt;
  }
  out.first = *first;
  out.last = *last;
  if (text == "*") {
    return out;
  }
  out.total = take_number(text);
  if (!out.total || !text.empty() || *last >= *out.total) {
    return std::nullopt;
  }
  return out;
}

}  // namespace shoal::metainfo
