#pragma once
// The torrents that a tracker serves alone, or does not serve, as people write them down: 40 hexadecimal
// digits a line; empty lines and what follows a '#' do not count.

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include <shoal/hash/digest.hpp>

namespace shoal::registry {

class info_hash_list {
 public:
  info_hash_list() = default;

  /// Nothing when a line is something else; `bad_line` is then its number, from 1.
  static std::optional<info_hash_list> parse(std::string_view text, std::size_t& bad_line);

  bool contains(const sha1_digest& info_hash) const;
  std::size_t size() const { return sorted_.size(); }

 private:
  std::vector<sha1_digest> sorted_;  // 20 bytes each, for lists may be long
};

}  // namespace shoal::registry
