#include <shoal/bencode/bencode.hpp>

namespace shoal::bencode {

byte_view node_view::raw() const {
  return token_ == nullptr ? byte_view() : byte_view(input_ + token_->begin, input_ + token_->end);
}

std::optional<std::int64_t> node_view::integer() const {
  if (token_ == nullptr || token_->type != kind::integer) {
    return std::nullopt;
  }
  return token_->number;
}

std::optional<std::string_view> node_view::string() const {
  if (token_ == nullptr || token_->type != kind::string) {
    return std::nullopt;
  }
  return as_text(byte_view(input_ + token_->number, input_ + token_->end));
}

node_view node_view::operator[](std::string_view key) const {
  node_view found;
  for_each_entry([&](std::string_view k, node_view value) {
    if (!found && k == key) {
      found = value;
    }
  });
  return found;
}

std::size_t node_view::size() const {
  return is_list() || is_dictionary() ? static_cast<std::size_t>(token_->number) : 0;
}

}  // namespace shoal::bencode
