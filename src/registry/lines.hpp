#pragma once
// Lists that people write: a thing a line, remarks behind '#'.

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace shoal::registry {

/// Calls take(line) for each line that says something, without its remark and its ends' white space. Returns
/// the number, from 1, of the first line for which it gives false, or 0.
template <class Take>
std::size_t first_bad_line(std::string_view text, Take take) {
  constexpr std::string_view space = " \t\r";
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    line = line.substr(0, line.find('#'));
    line.remove_prefix(std::min(line.find_first_not_of(space), line.size()));
    line = line.substr(0, line.find_last_not_of(space) + 1);
    if (!line.empty() && !take(line)) {
      return number;
    }
  }
  return 0;
}

}  // namespace shoal::registry
