#include <algorithm>

#include <shoal/base/hex.hpp>
#include <shoal/registry/info_hash_list.hpp>

namespace shoal::registry {

namespace {

std::string_view trimmed(std::string_view line) {
  line = line.substr(0, line.find('#'));
  constexpr std::string_view space = " \t\r";
  const auto first = std::min(line.find_first_not_of(space), line.size());
  line.remove_prefix(first);
  return line.substr(0, line.find_last_not_of(space) + 1);
}

}  // namespace

std::optional<info_hash_list> info_hash_list::parse(std::string_view text, std::size_t& bad_line) {
  info_hash_list out;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) {
      continue;
    }
    const auto bytes = from_hex(line);
    const auto hash = bytes ? sha1_digest::from(*bytes) : std::nullopt;
    if (!hash) {
      bad_line = number;
      return std::nullopt;
    }
    out.sorted_.push_back(*hash);
  }
  std::sort(out.sorted_.begin(), out.sorted_.end());
  out.sorted_.erase(std::unique(out.sorted_.begin(), out.sorted_.end()), out.sorted_.end());
  return out;
}

bool info_hash_list::contains(const sha1_digest& info_hash) const {
  return std::binary_search(sorted_.begin(), sorted_.end(), info_hash);
}

}  // namespace shoal::registry
