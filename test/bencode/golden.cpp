#include "proto/golden.hpp"

#include <map>
#include <string>

#include <doctest/doctest.h>

#include <shoal/bencode/bencode.hpp>

namespace {

using golden::json::value;
using shoal::as_bytes;
using namespace shoal::bencode;

const golden::file& vectors() {
  static const golden::file file("bencode.json");
  return file;
}

errc error_named(const std::string& name) {
  static const std::map<std::string, errc> names{{"truncated", errc::truncated},
                                                 {"unexpected", errc::unexpected},
                                                 {"bad_integer", errc::bad_integer},
                                                 {"bad_length", errc::bad_length},
                                                 {"bad_key", errc::bad_key},
                                                 {"too_deep", errc::too_deep},
                                                 {"too_many_values", errc::too_many_values},
                                                 {"trailing_bytes", errc::trailing_bytes}};
  return names.at(name);
}

// Recursion is fine here: the vectors are ours.
void check_equal(node_view node, const value& expected) {
  REQUIRE(node);
  if (const auto* const number = expected.if_int64()) {
    CHECK(node.integer() == *number);
  } else if (const auto* const list = expected.if_array()) {
    REQUIRE(node.is_list());
    REQUIRE(node.size() == list->size());
    std::size_t i = 0;
    node.for_each([&](node_view entry) { check_equal(entry, (*list)[i++]); });
  } else if (const auto* const object = expected.if_object();
             object != nullptr && object->contains("dictionary")) {
    const auto& pairs = object->at("dictionary").as_array();
    REQUIRE(node.is_dictionary());
    REQUIRE(node.size() == pairs.size());
    std::size_t i = 0;
    node.for_each_entry([&](std::string_view key, node_view entry) {
      CHECK(key == golden::byte_string(pairs[i].as_array()[0]));
      check_equal(entry, pairs[i].as_array()[1]);
      ++i;
    });
  } else {
    CHECK(node.string() == golden::byte_string(expected));
  }
}

void write(writer& out, const value& v) {
  if (const auto* const number = v.if_int64()) {
    out.integer(*number);
  } else if (const auto* const list = v.if_array()) {
    out.begin_list();
    for (const auto& entry : *list) {
      write(out, entry);
    }
    out.end();
  } else if (const auto* const object = v.if_object(); object != nullptr && object->contains("dictionary")) {
    out.begin_dictionary();
    for (const auto& pair : object->at("dictionary").as_array()) {
      out.key(golden::byte_string(pair.as_array()[0]));
      write(out, pair.as_array()[1]);
    }
    out.end();
  } else {
    out.string(golden::byte_string(v));
  }
}

}  // namespace

TEST_CASE("every row of bencode's table has a vector") {
  vectors().check_rows();
}

TEST_CASE("bencode's vectors are read, and written byte for byte") {
  vectors().for_each_vector([](const golden::json::object& vector) {
    const auto bytes = golden::bytes_of(vector);
    const auto parsed = document::parse(as_bytes(bytes));
    REQUIRE(parsed.has_value());
    check_equal(parsed->root(), vector.at("value"));
    CHECK(parsed->is_canonical() == golden::is_canonical(vector));
    if (golden::is_canonical(vector)) {
      std::string out;
      writer w(out);
      write(w, vector.at("value"));
      CHECK(out == bytes);
    }
  });
}

TEST_CASE("every prefix of a bencode vector is truncated, and one byte over is one too many") {
  vectors().for_each_vector([](const golden::json::object& vector) {
    const auto bytes = golden::bytes_of(vector);
    for (std::size_t n = 0; n < bytes.size(); ++n) {
      CAPTURE(n);
      const std::string prefix = bytes.substr(0, n);
      CHECK(document::parse(as_bytes(prefix)).error() == errc::truncated);
    }
    for (const char extra : {'e', '0', '\0'}) {
      const std::string over = bytes + extra;
      CHECK(document::parse(as_bytes(over)).error() == errc::trailing_bytes);
      std::size_t consumed = 0;
      CHECK(document::parse_prefix(as_bytes(over), consumed).has_value());
      CHECK(consumed == bytes.size());
    }
  });
}

TEST_CASE("bencode's bad inputs are refused by name") {
  vectors().for_each_rejected([](const golden::json::object& vector) {
    limits bounds;
    if (const auto* const limit = golden::field(vector, "limit")) {
      bounds.values_max = limit->to_number<std::size_t>();
    }
    const auto bytes = golden::bytes_of(vector);
    CHECK(document::parse(as_bytes(bytes), bounds).error() ==
          error_named(golden::text_of(vector.at("error"))));
  });
}

TEST_CASE("no byte but those of the grammar starts a value") {
  for (int b = 0; b < 256; ++b) {
    CAPTURE(b);
    const std::string input(1, static_cast<char>(b));
    const bool starts = (b >= '0' && b <= '9') || b == 'i' || b == 'l' || b == 'd';
    CHECK(document::parse(as_bytes(input)).error() == (starts ? errc::truncated : errc::unexpected));
  }
}
