#include <limits>

#include <shoal/bencode/bencode.hpp>

namespace shoal::bencode {

namespace {

/// A list or dictionary whose end has not come yet.
struct open_container {
  std::uint32_t token;
  bool dictionary;
  bool wants_value = false;  // a key has been read
  bool has_key = false;
  std::string_view last_key;
};

bool is_digit(std::byte b) {
  return b >= std::byte{'0'} && b <= std::byte{'9'};
}

class parser {
 public:
  parser(byte_view input, const limits& bounds) : input_(input), bounds_(bounds) {}

  /// Reads one value; afterwards `at()` is one past it, or where it went wrong.
  error run() {
    if (input_.size() > std::numeric_limits<std::uint32_t>::max()) {
      return errc::too_many_values;
    }
    do {
      if (const error e = step()) {
        return e;
      }
    } while (!open_.empty());
    return {};
  }

  std::size_t at() const { return at_; }
  std::vector<detail::token> take_tokens() { return std::move(tokens_); }
  bool canonical() const { return canonical_; }

 private:
  /// One token, or the end of the innermost container.
  error step() {
    if (at_ == input_.size()) {
      return errc::truncated;
    }
    const std::byte head = input_[at_];
    if (head == std::byte{'e'} && !open_.empty()) {
      return close();
    }
    if (!open_.empty() && open_.back().dictionary && !open_.back().wants_value) {
      return is_digit(head) ? read_key() : error(errc::bad_key);
    }
    if (tokens_.size() >= bounds_.values_max) {
      return errc::too_many_values;
    }
    if (is_digit(head)) {
      return after_value(read_string());
    }
    switch (std::to_integer<char>(head)) {
      case 'i':
        return after_value(read_integer());
      case 'l':
        return open(kind::list);
      case 'd':
        return open(kind::dictionary);
      default:
        return errc::unexpected;
    }
  }

  error open(kind type) {
    if (open_.size() >= bounds_.depth_max) {
      return errc::too_deep;
    }
    open_.push_back({static_cast<std::uint32_t>(tokens_.size()), type == kind::dictionary, false, false, {}});
    push(type, at_, at_ + 1, 0);
    ++at_;
    return {};
  }

  error close() {
    if (open_.back().wants_value) {
      return errc::bad_key;
    }
    ++at_;
    auto& container = tokens_[open_.back().token];
    container.end = static_cast<std::uint32_t>(at_);
    container.extent = static_cast<std::uint32_t>(tokens_.size()) - open_.back().token;
    open_.pop_back();
    return after_value({});
  }

  error read_key() {
    if (tokens_.size() >= bounds_.values_max) {
      return errc::too_many_values;
    }
    if (const error e = read_string()) {
      return e;
    }
    auto& dictionary = open_.back();
    const auto& token = tokens_.back();
    const auto payload = static_cast<std::size_t>(token.number);
    const std::string_view key = as_text(input_.subspan(payload, token.end - payload));
    canonical_ = canonical_ && (!dictionary.has_key || dictionary.last_key < key);
    dictionary.last_key = key;
    dictionary.has_key = true;
    dictionary.wants_value = true;
    return {};
  }

  /// Books a finished value with the container that it stands in.
  error after_value(error e) {
    if (!e && !open_.empty()) {
      ++tokens_[open_.back().token].number;
      open_.back().wants_value = false;
    }
    return e;
  }

  error read_integer() {
    const std::size_t begin = at_++;
    const bool negative = at_ < input_.size() && input_[at_] == std::byte{'-'};
    at_ += negative ? 1 : 0;
    const std::size_t digits = at_;
    // Counted downwards: the least number has no positive counterpart.
    constexpr auto least = std::numeric_limits<std::int64_t>::min();
    std::int64_t value = 0;
    for (; at_ < input_.size() && is_digit(input_[at_]); ++at_) {
      const int digit = std::to_integer<int>(input_[at_]) - '0';
      const bool leading_zero = at_ > digits && value == 0;
      const bool too_large = value < least / 10 || value * 10 < least + digit;
      if (leading_zero || too_large) {
        return errc::bad_integer;
      }
      value = value * 10 - digit;
    }
    if (at_ == input_.size()) {
      return errc::truncated;
    }
    const bool minus_zero = negative && value == 0;
    const bool too_large = !negative && value == least;
    if (input_[at_] != std::byte{'e'} || at_ == digits || minus_zero || too_large) {
      return errc::bad_integer;
    }
    ++at_;
    push(kind::integer, begin, at_, negative ? value : -value);
    return {};
  }

  error read_string() {
    const std::size_t begin = at_;
    std::uint64_t length = 0;
    for (; at_ < input_.size() && is_digit(input_[at_]); ++at_) {
      length = length * 10 + static_cast<std::uint64_t>(std::to_integer<int>(input_[at_]) - '0');
      const bool leading_zero = at_ > begin && input_[begin] == std::byte{'0'};
      if (leading_zero || length > std::numeric_limits<std::uint32_t>::max()) {
        return errc::bad_length;
      }
    }
    if (at_ == input_.size()) {
      return errc::truncated;
    }
    if (input_[at_] != std::byte{':'}) {
      return errc::bad_length;
    }
    const std::size_t payload = at_ + 1;
    if (length > input_.size() - payload) {
      return errc::truncated;
    }
    at_ = payload + static_cast<std::size_t>(length);
    push(kind::string, begin, at_, static_cast<std::int64_t>(payload));
    return {};
  }

  void push(kind type, std::size_t begin, std::size_t end, std::int64_t number) {
    tokens_.push_back({number, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end), 1, type});
  }

  byte_view input_;
  const limits& bounds_;
  std::size_t at_ = 0;
  std::vector<detail::token> tokens_;
  std::vector<open_container> open_;
  bool canonical_ = true;
};

std::string_view describe(int value) {
  switch (static_cast<errc>(value)) {
    case errc::truncated:
      return "the bencoded data ends in the middle of a value";
    case errc::unexpected:
      return "not bencoded: a byte that starts no value";
    case errc::bad_integer:
      return "a bencoded integer is empty, padded with zeros, minus zero or beyond 64 bits";
    case errc::bad_length:
      return "a bencoded string has a malformed length";
    case errc::bad_key:
      return "a bencoded dictionary has a key that is no string, or a key without a value";
    case errc::too_deep:
      return "the bencoded data is nested too deeply";
    case errc::too_many_values:
      return "the bencoded data has too many values";
    case errc::trailing_bytes:
      return "there are bytes after the bencoded value";
  }
  return "unknown bencode error";
}

}  // namespace

const boost::system::error_category& category() {
  static constexpr message_category instance("shoal.bencode", describe);
  return instance;
}

result<document> document::parse_prefix(byte_view input, std::size_t& consumed, const limits& bounds) {
  parser p(input, bounds);
  const error e = p.run();
  consumed = p.at();
  if (e) {
    return e;
  }
  document out;
  out.input_ = input;
  out.tokens_ = p.take_tokens();
  out.canonical_ = p.canonical();
  return out;
}

result<document> document::parse(byte_view input, const limits& bounds, std::size_t* error_offset) {
  std::size_t consumed = 0;
  auto out = parse_prefix(input, consumed, bounds);
  if (out && consumed != input.size()) {
    out = make_error_code(errc::trailing_bytes);
  }
  if (!out && error_offset != nullptr) {
    *error_offset = consumed;
  }
  return out;
}

}  // namespace shoal::bencode
