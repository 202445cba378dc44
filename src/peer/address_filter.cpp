#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include <shoal/peer/address_filter.hpp>

namespace shoal::peer {
namespace {

__extension__ using wide = unsigned __int128;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r";
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::optional<unsigned> number_in(std::string_view text) {
  unsigned value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Four decimal numbers; leading zeros, as dat files have them, mean nothing.
std::optional<ip_address> v4_in(std::string_view text) {
  std::array<std::uint8_t, 4> octets{};
  for (std::size_t i = 0; i < octets.size(); ++i) {
    const auto dot = i + 1 < octets.size() ? text.find('.') : text.size();
    if (dot == std::string_view::npos || dot > 3) return std::nullopt;
    const auto number = number_in(text.substr(0, dot));
    if (!number || *number > 255) return std::nullopt;
    octets[i] = static_cast<std::uint8_t>(*number);
    text.remove_prefix(std::min(text.size(), dot + 1));
  }
  return ip_address::v4(octets);
}

std::optional<ip_address> address_in(std::string_view text) {
  text = trimmed(text);
  const auto v4 = v4_in(text);
  return v4 ? v4 : ip_address::parse(text);
}

template <class Number>
Number number_of(const ip_address& a) {
  Number out = 0;
  for (const auto b : a.bytes()) {
    out = static_cast<Number>(out << 8) | std::to_integer<std::uint8_t>(b);
  }
  return out;
}

template <class Number>
bool inside(const std::vector<std::pair<Number, Number>>& ranges, Number n) {
  auto at = std::upper_bound(ranges.begin(), ranges.end(), n,
                             [](Number x, const auto& range) { return x < range.first; });
  return at != ranges.begin() && n <= std::prev(at)->second;
}

/// Sorted, and those that touch or overlap made one.
template <class Number>
void unite(std::vector<std::pair<Number, Number>>& ranges) {
  std::sort(ranges.begin(), ranges.end());
  std::vector<std::pair<Number, Number>> out;
  for (const auto& range : ranges) {
    if (!out.empty() && (range.first <= out.back().second || range.first - out.back().second == 1)) {
      out.back().second = std::max(out.back().second, range.second);
    } else {
      out.push_back(range);
    }
  }
  ranges = std::move(out);
}

/// The address with every bit behind the prefix set, or cleared.
ip_address filled(const ip_address& a, unsigned prefix, bool set) {
  std::array<std::byte, 16> bytes{};
  const auto from = a.bytes();
  for (std::size_t i = 0; i < from.size(); ++i) {
    const unsigned kept = prefix > i * 8 ? std::min(8U, prefix - static_cast<unsigned>(i) * 8) : 0;
    const auto mask = static_cast<std::byte>(0xff00U >> kept);
    bytes[i] = set ? from[i] | ~mask : from[i] & mask;
  }
  return *ip_address::from_bytes(byte_view(bytes).first(from.size()));
}

}  // namespace

address_filter address_filter::parse(std::string_view text) {
  address_filter out;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    if (out.read_line(trimmed(text.substr(0, end))) == reading::bad && ++out.bad_lines_ == 1) {
      out.first_bad_line_ = number;
    }
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  unite(out.v4_);
  unite(out.v6_);
  return out;
}

address_filter::reading address_filter::read_line(std::string_view line) {
  if (line.empty() || line.starts_with('#') || line.starts_with(';') || line.starts_with("//")) {
    return reading::nothing;
  }
  if (const auto comma = line.find(','); comma != std::string_view::npos) {
    const auto rest = line.substr(comma + 1);
    const auto level = number_in(trimmed(rest.substr(0, rest.find(','))));
    constexpr unsigned allowed_from = 128;
    if (level) return *level < allowed_from ? read_range(line.substr(0, comma)) : reading::nothing;
  }
  if (const auto whole = read_range(line); whole != reading::bad) {
    return whole;
  }
  // A name in front may hold colons itself, and so may an address of IPv6.
  const auto colon = line.rfind(':');
  return colon == std::string_view::npos ? reading::bad : read_range(line.substr(colon + 1));
}

address_filter::reading address_filter::read_range(std::string_view text) {
  std::optional<ip_address> first, last;
  if (const auto slash = text.find('/'); slash != std::string_view::npos) {
    const auto base = address_in(text.substr(0, slash));
    const auto prefix = number_in(trimmed(text.substr(slash + 1)));
    if (!base || !prefix || *prefix > base->bytes().size() * 8) return reading::bad;
    first = filled(*base, *prefix, false);
    last = filled(*base, *prefix, true);
  } else if (const auto dash = text.find('-'); dash != std::string_view::npos) {
    first = address_in(text.substr(0, dash));
    last = address_in(text.substr(dash + 1));
  } else {
    first = last = address_in(text);
  }
  return first && last && add(*first, *last) ? reading::range : reading::bad;
}

bool address_filter::add(const ip_address& first, const ip_address& last) {
  if (first.is_v4() != last.is_v4() || last < first) {
    return false;
  }
  if (first.is_v4()) {
    v4_.emplace_back(number_of<std::uint32_t>(first), number_of<std::uint32_t>(last));
  } else {
    v6_.emplace_back(number_of<wide>(first), number_of<wide>(last));
  }
  return true;
}

bool address_filter::blocks(const ip_address& a) const {
  return a.is_v4() ? inside(v4_, number_of<std::uint32_t>(a)) : inside(v6_, number_of<wide>(a));
}

}  // namespace shoal::peer
