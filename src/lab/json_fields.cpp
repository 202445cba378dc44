#include "lab/json_fields.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <stdexcept>

#include <boost/json/serialize.hpp>

#include <shoal/base/units.hpp>

namespace shoal::lab {

namespace json = boost::json;

namespace {

std::string shown(const json::value& v) {
  return v.is_string() ? with_quotes(v.get_string()) : with_quotes(json::serialize(v));
}

template <class T>
read_as<T> no(const json::value& v, std::string_view what) {
  return reason(shown(v), what);
}

std::optional<double> number_of(const json::value& v) {
  if (v.is_int64()) return static_cast<double>(v.get_int64());
  if (v.is_uint64()) return static_cast<double>(v.get_uint64());
  if (v.is_double() && std::isfinite(v.get_double())) return v.get_double();
  return std::nullopt;
}

read_as<std::uint32_t> whole(const json::value& v, std::uint32_t least) {
  const auto n = number_of(v);
  if (n && *n >= least && *n <= 4294967295.0 && *n == std::floor(*n)) return static_cast<std::uint32_t>(*n);
  return no<std::uint32_t>(v, "is no whole number of " + std::to_string(least) + " or more");
}

}  // namespace

void throw_exception_from_error(const reason& r, const boost::source_location&) {
  throw std::invalid_argument(r.text);
}

std::string with_quotes(std::string_view text) {
  constexpr std::size_t shown_max = 60;
  std::string out = "'";
  for (const char c : text.substr(0, shown_max)) {
    const auto byte = static_cast<unsigned char>(c);
    out += byte >= 0x20 && byte < 0x7f ? c : '?';
  }
  return out + (text.size() > shown_max ? "...'" : "'");
}

read_as<std::string> as_text(const json::value& v) {
  if (v.is_string()) return std::string(v.get_string());
  return no<std::string>(v, "is no text; write it in quotes");
}

read_as<bool> as_flag(const json::value& v) {
  if (v.is_bool()) return v.get_bool();
  return no<bool>(v, "is neither true nor false");
}

read_as<std::uint32_t> as_count(const json::value& v) {
  return whole(v, 1);
}

read_as<std::uint32_t> as_number(const json::value& v) {
  return whole(v, 0);
}

read_as<double> as_positive(const json::value& v) {
  const auto n = number_of(v);
  if (n && *n > 0 && *n < 1e15) return *n;
  return no<double>(v, "is no number above 0");
}

read_as<double> as_part(const json::value& v) {
  auto n = number_of(v);
  if (v.is_string()) {
    const std::string_view text = v.get_string();
    double percent = 0;
    const auto [end, ec] =
        std::from_chars(text.data(), text.data() + text.size(), percent, std::chars_format::fixed);
    const std::string_view rest(end, static_cast<std::size_t>(text.data() + text.size() - end));
    if (ec == std::errc{} && (rest == "%" || rest == " %")) n = percent / 100;
  }
  if (n && *n >= 0 && *n <= 1) return *n;
  return no<double>(v, "is no part of a whole; write it as 5 % or 0.05");
}

read_as<std::uint64_t> as_size(const json::value& v) {
  if (v.is_string()) {
    if (const auto n = parse_bytes(v.get_string())) return *n;
  } else if (const auto n = number_of(v); n && *n >= 0 && *n < 9e18) {
    return static_cast<std::uint64_t>(*n);
  }
  return no<std::uint64_t>(v, "is no size; write it as 256 MiB");
}

read_as<double> as_rate(const json::value& v) {
  if (v.is_string() && v.get_string() == "unlimited") return unlimited;
  const auto n = as_size(v);
  if (n.has_value() && *n > 0) return static_cast<double>(*n);
  return no<double>(v, "is no rate; write it as 8 MiB/s, 1 Gbit/s or unlimited");
}

read_as<duration> as_time(const json::value& v) {
  if (v.is_string()) {
    if (const auto t = parse_duration(v.get_string())) return *t;
  } else if (const auto n = number_of(v); n && *n >= 0 && *n < 3e9) {
    return from_seconds(*n);
  }
  return no<duration>(v, "is no time; write it as 20 ms, 90 s, 15 min or 2 h");
}

read_as<duration> as_span(const json::value& v) {
  auto t = as_time(v);
  if (t.has_value() && *t == duration{}) return no<duration>(v, "has to be more than nothing");
  return t;
}

fields::fields(const json::value& v, std::string path, objections& bad)
    : object_(v.if_object()), path_(std::move(path)), bad_(bad) {
  if (object_ == nullptr) bad_.add(path_, "has to be an object, in { }");
}

const json::value* fields::find(std::string_view key) {
  if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.emplace_back(key);
  return object_ == nullptr ? nullptr : object_->if_contains(key);
}

const json::value* fields::need(std::string_view key) {
  const auto* v = find(key);
  if (v == nullptr) object(key, "is missing");
  return v;
}

void fields::finish() {
  if (object_ == nullptr) return;
  for (const auto& member : *object_) {
    const std::string_view key = member.key();
    if (std::find(known_.begin(), known_.end(), key) != known_.end()) continue;
    std::string list;
    for (const auto& k : known_) {
      list += (list.empty() ? "" : ", ") + k;
    }
    bad_.add(path_, with_quotes(key) + " is not known here; known are " + list);
  }
}

}  // namespace shoal::lab
