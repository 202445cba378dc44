#pragma once
// Reads the golden vectors of proto/ and checks what holds for every file there (proto/README.md).

#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <string_view>

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include <shoal/base/bytes.hpp>
#include <shoal/base/hex.hpp>

#include "support/source_file.hpp"

namespace golden {

namespace json = boost::json;

inline std::string text_of(const json::value& v) {
  return std::string(v.as_string());
}

/// The bytes that hex digits stand for.
inline std::string unhex(const json::value& digits) {
  const auto bytes = shoal::from_hex(text_of(digits));
  REQUIRE(bytes.has_value());
  return std::string(shoal::as_text(*bytes));
}

/// The bytes of a vector.
inline std::string bytes_of(const json::object& vector) {
  const auto* const hex = vector.if_contains("hex");
  return hex != nullptr ? unhex(*hex) : text_of(vector.at("text"));
}

/// A byte string inside a value: text, or {"hex": ...}.
inline std::string byte_string(const json::value& v) {
  return v.is_string() ? text_of(v) : unhex(v.as_object().at("hex"));
}

inline bool is_canonical(const json::object& vector) {
  const auto* const flag = vector.if_contains("canonical");
  return flag == nullptr || flag->as_bool();
}

/// A field of a value, or nullptr: absent fields have their defaults.
inline const json::value* field(const json::object& value, std::string_view name) {
  return value.if_contains(name);
}

class file {
 public:
  explicit file(const std::string& name) {
    std::ifstream in(shoal::test::source_file("proto/" + name));
    REQUIRE_MESSAGE(in.good(), name);
    const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    json::parse_options deep;
    deep.max_depth = 200;  // a value may nest as deeply as the protocol allows
    document_ = json::parse(text, {}, deep).as_object();
  }

  /// Calls f(vector) for each vector of the message (of all, when none is named).
  template <class F>
  void for_each_vector(F f, std::string_view message = {}) const {
    for_each_of("vectors", f, message);
  }
  template <class F>
  void for_each_rejected(F f, std::string_view message = {}) const {
    for_each_of("rejected", f, message);
  }

  /// Every row is shown by a vector, or as an error; whatever a vector says that it shows is a row, and is
  /// there.
  void check_rows() const {
    std::set<std::string> unseen;
    for (const auto& row : document_.at("rows").as_array()) {
      const auto name = text_of(row.at("name"));
      CAPTURE(name);
      CHECK(unseen.insert(name).second);
    }
    const auto known = unseen;
    for_each_vector([&](const json::object& vector) {
      for (const auto& shown : vector.at("rows").as_array()) {
        const auto name = text_of(shown);
        CAPTURE(name);
        CHECK(known.contains(name));
        CHECK(bytes_of(vector).find(token(name)) != std::string::npos);
        unseen.erase(name);
      }
    });
    for_each_rejected([&](const json::object& vector) {
      const auto name = text_of(vector.at("error"));
      CAPTURE(name);
      CHECK(known.contains(name));
      unseen.erase(name);
    });
    for (const auto& name : unseen) {
      FAIL_CHECK("no vector shows the row " << name);
    }
  }

 private:
  template <class F>
  void for_each_of(std::string_view list, F f, std::string_view message) const {
    std::size_t seen = 0;
    for (const auto& item : document_.at(list).as_array()) {
      const auto& vector = item.as_object();
      const auto* const kind = vector.if_contains("message");
      if (!message.empty() && (kind == nullptr || text_of(*kind) != message)) {
        continue;
      }
      const auto vector_name = text_of(vector.at("name"));
      CAPTURE(vector_name);
      f(vector);
      ++seen;
    }
    CHECK_MESSAGE(seen > 0, list);
  }

  std::string token(const std::string& row_name) const {
    for (const auto& row : document_.at("rows").as_array()) {
      if (text_of(row.at("name")) == row_name) {
        const auto* const t = row.as_object().if_contains("token");
        return t == nullptr ? std::string() : text_of(*t);
      }
    }
    return {};
  }

  json::object document_;
};

}  // namespace golden
