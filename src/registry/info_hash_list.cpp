#include <algorithm>

#include <shoal/base/hex.hpp>
#include <shoal/registry/info_hash_list.hpp>

#include "registry/lines.hpp"

namespace shoal::registry {

std::optional<info_hash_list> info_hash_list::parse(std::string_view text, std::size_t& bad_line) {
  info_hash_list out;
  bad_line = first_bad_line(text, [&](std::string_view line) {
    const auto bytes = from_hex(line);
    const auto hash = bytes ? sha1_digest::from(*bytes) : std::nullopt;
    if (hash) {
      out.sorted_.push_back(*hash);
    }
    return hash.has_value();
  });
  if (bad_line != 0) {
    return std::nullopt;
  }
  std::sort(out.sorted_.begin(), out.sorted_.end());
  out.sorted_.erase(std::unique(out.sorted_.begin(), out.sorted_.end()), out.sorted_.end());
  return out;
}

bool info_hash_list::contains(const sha1_digest& info_hash) const {
  return std::binary_search(sorted_.begin(), sorted_.end(), info_hash);
}

}  // namespace shoal::registry
