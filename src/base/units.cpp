#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdio>

#include <shoal/base/units.hpp>

namespace shoal {

namespace {

struct unit {
  std::string_view name;  // lower case
  double bytes;
};

constexpr double kib = 1024;
constexpr std::array<unit, 17> units{{{"", 1},
                                      {"b", 1},
                                      {"k", kib},
                                      {"kib", kib},
                                      {"kb", 1e3},
                                      {"m", kib* kib},
                                      {"mib", kib* kib},
                                      {"mb", 1e6},
                                      {"g", kib* kib* kib},
                                      {"gib", kib* kib* kib},
                                      {"gb", 1e9},
                                      {"t", kib* kib* kib* kib},
                                      {"tib", kib* kib* kib* kib},
                                      {"tb", 1e12},
                                      {"kbit", 1e3 / 8},
                                      {"mbit", 1e6 / 8},
                                      {"gbit", 1e9 / 8}}};

struct time_unit {
  std::string_view name;
  double seconds;
};
constexpr std::array<time_unit, 8> time_units{
    {{"", 1}, {"us", 1e-6}, {"ms", 1e-3}, {"s", 1}, {"m", 60}, {"min", 60}, {"h", 3600}, {"d", 86400}}};

std::string printed(const char* format, double value, const char* suffix) {
  std::array<char, 48> text{};
  const int n = std::snprintf(text.data(), text.size(), format, value, suffix);
  return {text.data(), static_cast<std::size_t>(n)};
}

std::string scaled(double bytes, bool rate) {
  constexpr std::array<const char*, 5> names{"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t i = 0;
  while (bytes >= 1024 && i + 1 < names.size()) {
    bytes /= 1024;
    ++i;
  }
  const std::string suffix = std::string(names[i]) + (rate ? "/s" : "");
  return printed(i == 0 ? "%.0f %s" : "%.2f %s", bytes, suffix.c_str());
}

}  // namespace

std::optional<std::uint64_t> parse_bytes(std::string_view text) {
  double number = 0;
  const auto [end, ec] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (ec != std::errc{} || number < 0) {
    return std::nullopt;
  }
  std::string rest(end, text.data() + text.size());
  while (!rest.empty() && rest.front() == ' ') {
    rest.erase(rest.begin());
  }
  for (char& c : rest) {
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  if (rest.ends_with("/s")) {
    rest.resize(rest.size() - 2);
  }
  for (const auto& u : units) {
    if (u.name == rest) {
      const double bytes = std::round(number * u.bytes);
      return bytes < 9.2e18 ? std::optional(static_cast<std::uint64_t>(bytes)) : std::nullopt;
    }
  }
  return std::nullopt;
}

std::optional<duration> parse_duration(std::string_view text) {
  double number = 0;
  const auto [end, ec] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  std::string_view rest(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (ec != std::errc{} || !(number >= 0)) {
    return std::nullopt;
  }
  if (const auto word = rest.find_first_not_of(' '); word != std::string_view::npos) {
    rest.remove_prefix(word);
  }
  constexpr double most_s = 100.0 * 365 * 86400;
  for (const auto& u : time_units) {
    if (u.name == rest && number * u.seconds < most_s) {
      return from_seconds(number * u.seconds);
    }
  }
  return std::nullopt;
}

std::string format_bytes(std::uint64_t bytes) {
  return scaled(static_cast<double>(bytes), false);
}

std::string format_rate(double bytes_per_s) {
  return scaled(bytes_per_s, true);
}

std::string format_duration(duration d) {
  const auto s = std::chrono::duration_cast<std::chrono::seconds>(d).count();
  if (s < 0 || s > 99 * 3600) {
    return "--:--";
  }
  std::array<char, 48> text{};
  const int n = s >= 3600
                    ? std::snprintf(text.data(), text.size(), "%d:%02d:%02d", static_cast<int>(s / 3600),
                                    static_cast<int>(s / 60 % 60), static_cast<int>(s % 60))
                    : std::snprintf(text.data(), text.size(), "%d:%02d", static_cast<int>(s / 60),
                                    static_cast<int>(s % 60));
  return {text.data(), static_cast<std::size_t>(n)};
}

}  // namespace shoal
