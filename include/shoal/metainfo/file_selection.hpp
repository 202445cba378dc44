#pragma once
// Which files of a torrent are wanted, by their numbers (BEP 53) or by patterns.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <shoal/metainfo/file_layout.hpp>

namespace shoal::metainfo {

/// Numbers of files, from 0, both ends included.
struct file_range {
  std::uint32_t first = 0, last = 0;

  friend bool operator==(const file_range&, const file_range&) = default;
};
/// "7" or "6-8".
std::optional<file_range> parse_file_range(std::string_view text);

/// A file is selected when one of these fits it.
struct file_selection {
  std::vector<file_range> numbers;
  /// As in find(1): `*` and `?` stand for any characters and any one, `[a-z]` and `[!a-z]` for one of some.
  /// One without a slash is held against a file's name, another against its whole path in the torrent, where
  /// `*` goes over slashes too; what ends with a slash is all below a folder. A name or path that is written
  /// out always fits itself, whatever is in it.
  std::vector<std::string> patterns;

  bool empty() const { return numbers.empty() && patterns.empty(); }
  friend bool operator==(const file_selection&, const file_selection&) = default;
};

/// "0,2,6-8,*.iso,docs/": numbers, ranges of them and patterns. Nothing when a part of it is empty or a range
/// goes backwards.
std::optional<file_selection> parse_file_selection(std::string_view text);

/// One priority a file: 4 for those selected, 0 for the others and for padding. Cost: for each file and
/// pattern, the length of the path times that of the pattern at most.
std::vector<std::uint8_t> select_files(const file_selection& s, const file_layout& files);
/// Some file is selected.
bool selects_any(const std::vector<std::uint8_t>& priorities);

/// Whether the text fits the pattern, `*` going over everything. Characters are those of UTF-8.
bool fits_pattern(std::string_view text, std::string_view pattern);

}  // namespace shoal::metainfo
