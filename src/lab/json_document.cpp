#include "lab/json_document.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/stream_parser.hpp>

#include "lab/json_fields.hpp"

namespace shoal::lab {

namespace json = boost::json;

namespace {

json::parse_options for_people() {
  json::parse_options o;
  o.allow_comments = true;
  o.allow_trailing_commas = true;
  o.max_depth = 16;
  return o;
}

/// Listens to a document and stops at a key that its object has already.
struct duplicate_listener {
  static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_array_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_key_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_string_size = std::numeric_limits<std::size_t>::max();

  std::vector<std::set<std::string>> open;  // the keys of each object that is open
  std::string key;                          // so far
  std::string duplicate;                    // the first one

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }
  bool on_object_begin(json::error_code&) {
    open.emplace_back();
    return true;
  }
  bool on_object_end(std::size_t, json::error_code&) {
    open.pop_back();
    return true;
  }
  bool on_array_begin(json::error_code&) { return true; }
  bool on_array_end(std::size_t, json::error_code&) { return true; }
  bool on_key_part(json::string_view s, std::size_t, json::error_code&) {
    key.append(s.data(), s.size());
    return true;
  }
  bool on_key(json::string_view s, std::size_t, json::error_code&) {
    key.append(s.data(), s.size());
    if (!open.back().insert(key).second && duplicate.empty()) duplicate = key;
    key.clear();
    return true;
  }
  bool on_string_part(json::string_view, std::size_t, json::error_code&) { return true; }
  bool on_string(json::string_view, std::size_t, json::error_code&) { return true; }
  bool on_number_part(json::string_view, json::error_code&) { return true; }
  bool on_int64(std::int64_t, json::string_view, json::error_code&) { return true; }
  bool on_uint64(std::uint64_t, json::string_view, json::error_code&) { return true; }
  bool on_double(double, json::string_view, json::error_code&) { return true; }
  bool on_bool(bool, json::error_code&) { return true; }
  bool on_null(json::error_code&) { return true; }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }
};

std::string line_of(std::string_view text, std::size_t offset) {
  const auto before = text.substr(0, offset);
  return "line " + std::to_string(1 + std::count(before.begin(), before.end(), '\n'));
}

std::vector<std::string> words_of(std::string_view path) {
  std::vector<std::string> out;
  std::size_t from = 0;
  for (std::size_t dot = 0; dot != std::string_view::npos; from = dot + 1) {
    dot = path.find('.', from);
    out.emplace_back(path.substr(from, dot == std::string_view::npos ? dot : dot - from));
  }
  return out;
}

json::value value_of(const std::string& text) {
  json::error_code ec;
  auto v = json::parse(text, ec, {}, for_people());
  return ec ? json::value(text) : v;
}

/// The member or element that a word names; null when there is none and none can be made.
json::value* step(json::value& at, const std::string& word) {
  if (at.is_null()) at.emplace_object();
  if (auto* o = at.if_object()) return &(*o)[word];
  auto* a = at.if_array();
  std::size_t n = 0;
  const auto [end, ec] = std::from_chars(word.data(), word.data() + word.size(), n);
  const bool is_place =
      a != nullptr && ec == std::errc{} && end == word.data() + word.size() && n < a->size();
  return is_place ? &(*a)[n] : nullptr;
}

}  // namespace

checked<json::value> read_document(std::string_view text) {
  if (text.size() > scenario_bytes_max) return objection{"", "is too large for a scenario"};
  json::error_code ec;
  json::stream_parser parser({}, for_people());
  const auto read = parser.write_some(text.data(), text.size(), ec);
  if (!ec) parser.finish(ec);
  if (!ec && read < text.size() && text.find_first_not_of(" \t\r\n", read) != std::string_view::npos) {
    return objection{line_of(text, read), "there is more after the end"};
  }
  if (ec) return objection{line_of(text, read), "this is no JSON (" + ec.message() + ")"};

  json::basic_parser<duplicate_listener> listener(for_people());
  listener.write_some(false, text.data(), text.size(), ec);
  if (const auto& twice = listener.handler().duplicate; !twice.empty()) {
    return objection{"", with_quotes(twice) + " is given twice in one object"};
  }
  return parser.release();
}

checked<void> apply(json::value& document, const setting& s) {
  auto words = words_of(s.path);
  if (std::any_of(words.begin(), words.end(), [](const auto& w) { return w.empty(); }) || words.size() > 8) {
    return objection{"", with_quotes(s.path) + " is no path to a key; write it as groups.NAME.count"};
  }
  const auto* top = document.if_object();
  if (top != nullptr && !top->contains(words.front())) {
    const auto* groups = top->if_contains("groups");
    if (groups != nullptr && groups->is_object() && groups->get_object().contains(words.front())) {
      words.insert(words.begin(), "groups");
    }
  }
  auto* at = &document;
  for (const auto& word : words) {
    at = step(*at, word);
    if (at == nullptr) return objection{s.path, "there is nothing of that name to set"};
  }
  *at = value_of(s.value);
  return {};
}

}  // namespace shoal::lab
