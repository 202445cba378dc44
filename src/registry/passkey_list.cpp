#include <algorithm>

#include <shoal/base/bytes.hpp>
#include <shoal/hash/sha1.hpp>
#include <shoal/registry/passkey_list.hpp>

#include "registry/lines.hpp"

namespace shoal::registry {

namespace {

constexpr std::size_t key_chars_min = 8;
constexpr std::size_t key_chars_max = 128;

bool is_key(std::string_view text) {
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
  return text.size() >= key_chars_min && text.size() <= key_chars_max &&
         text.find_first_not_of(allowed) == std::string_view::npos;
}

}  // namespace

std::optional<passkey_list> passkey_list::parse(std::string_view text, std::size_t& bad_line) {
  passkey_list out;
  bad_line = first_bad_line(text, [&](std::string_view line) {
    if (is_key(line)) {
      out.sorted_.push_back(sha1(as_bytes(line)));
      return true;
    }
    return false;
  });
  if (bad_line != 0) {
    return std::nullopt;
  }
  std::sort(out.sorted_.begin(), out.sorted_.end());
  out.sorted_.erase(std::unique(out.sorted_.begin(), out.sorted_.end()), out.sorted_.end());
  return out;
}

bool passkey_list::contains(std::string_view key) const {
  return is_key(key) && std::binary_search(sorted_.begin(), sorted_.end(), sha1(as_bytes(key)));
}

}  // namespace shoal::registry
