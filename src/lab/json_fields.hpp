#pragma once
// Reading a JSON object of known keys: each is taken once, what is left over is unknown. The first objection
// wins and ends the reading: later reads leave their targets as they are.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json/value.hpp>

#include <shoal/base/time.hpp>
#include <shoal/lab/scenario_file.hpp>

namespace shoal::lab {

/// The first objection of a reading.
class objections {
 public:
  void add(std::string path, std::string text) {
    if (!first_) first_ = {std::move(path), std::move(text)};
  }
  bool any() const { return first_.has_value(); }
  objection take() { return std::move(*first_); }

 private:
  std::optional<objection> first_;
};

/// Why a value is none of its kind.
struct reason {
  reason() = default;
  /// "VALUE is no size".
  reason(const std::string& value, std::string_view objection) : text(value + " " + std::string(objection)) {}
  std::string text;
};
[[noreturn]] void throw_exception_from_error(const reason& r, const boost::source_location&);
template <class T>
using read_as = boost::system::result<T, reason>;

read_as<std::string> as_text(const boost::json::value& v);
read_as<bool> as_flag(const boost::json::value& v);
/// A whole number from 1 on.
read_as<std::uint32_t> as_count(const boost::json::value& v);
/// A whole number from 0 on.
read_as<std::uint32_t> as_number(const boost::json::value& v);
/// Above 0.
read_as<double> as_positive(const boost::json::value& v);
/// "5 %" or 0.05: from 0 to 1.
read_as<double> as_part(const boost::json::value& v);
read_as<std::uint64_t> as_size(const boost::json::value& v);
/// A rate above 0, or "unlimited".
read_as<double> as_rate(const boost::json::value& v);
read_as<duration> as_time(const boost::json::value& v);
/// A time that is more than nothing.
read_as<duration> as_span(const boost::json::value& v);

/// 'text', shortened and without control characters.
std::string with_quotes(std::string_view text);

class fields {
 public:
  /// Objects when `v` is no object.
  fields(const boost::json::value& v, std::string path, objections& bad);

  std::string path_of(std::string_view key) const {
    return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
  }
  const std::string& path() const { return path_; }
  objections& bad() const { return bad_; }

  /// The value of a key that may be left out.
  const boost::json::value* find(std::string_view key);
  /// The value of one that may not; null after an objection.
  const boost::json::value* need(std::string_view key);

  template <class T, class Target>
  void take(std::string_view key, Target& into, read_as<T> (*read)(const boost::json::value&)) {
    if (const auto* v = find(key)) assign(key, *v, into, read);
  }
  template <class T, class Target>
  void take_needed(std::string_view key, Target& into, read_as<T> (*read)(const boost::json::value&)) {
    if (const auto* v = need(key)) assign(key, *v, into, read);
  }
  void object(std::string_view key, std::string text) { bad_.add(path_of(key), std::move(text)); }

  /// Objects to keys that nobody asked for.
  void finish();

 private:
  template <class T, class Target>
  void assign(std::string_view key, const boost::json::value& v, Target& into,
              read_as<T> (*read)(const boost::json::value&)) {
    auto r = read(v);
    if (r.has_error()) {
      object(key, r.error().text);
    } else {
      into = std::move(*r);
    }
  }

  const boost::json::object* object_ = nullptr;
  std::string path_;
  objections& bad_;
  std::vector<std::string> known_;
};

/// One of several words.
template <class Enum, std::size_t N>
void take_word(fields& f, std::string_view key, Enum& into,
               const std::pair<std::string_view, Enum> (&words)[N]) {
  const auto* v = f.find(key);
  if (v == nullptr) return;
  std::string list;
  for (const auto& [word, value] : words) {
    if (v->is_string() && std::string_view(v->get_string()) == word) {
      into = value;
      return;
    }
    list += (list.empty() ? "" : ", ") + std::string(word);
  }
  f.object(key, "has to be one of: " + list);
}

}  // namespace shoal::lab
