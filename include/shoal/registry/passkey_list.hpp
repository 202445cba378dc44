#pragma once
// The passkeys of those who may use a tracker, as its operator writes them down: one a line, 8 to 128
// letters, digits, '-' or '_'; empty lines and what follows a '#' do not count.

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include <shoal/hash/digest.hpp>

namespace shoal::registry {

class passkey_list {
 public:
  passkey_list() = default;

  /// Nothing when a line is something else; `bad_line` is then its number, from 1.
  static std::optional<passkey_list> parse(std::string_view text, std::size_t& bad_line);

  /// The time it takes tells nothing of the keys that are there.
  bool contains(std::string_view key) const;
  std::size_t size() const { return sorted_.size(); }

 private:
  std::vector<sha1_digest> sorted_;  // of the keys
};

}  // namespace shoal::registry
