#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <shoal/bencode/bencode.hpp>

namespace {

using shoal::as_bytes;
using shoal::as_text;
using shoal::bencode::document;
using shoal::bencode::errc;
using shoal::bencode::limits;
using std::string;

string times(std::size_t n, std::string_view piece) {
  string out;
  out.reserve(n * piece.size());
  for (std::size_t i = 0; i < n; ++i) {
    out += piece;
  }
  return out;
}

shoal::error failure_of(const string& input, const limits& bounds = {}) {
  const auto parsed = document::parse(as_bytes(input), bounds);
  return parsed ? shoal::error() : parsed.error();
}

}  // namespace

TEST_CASE("a million opened containers end in an error, not in an exhausted stack") {
  constexpr std::size_t depth = 1'000'000;
  CHECK(failure_of(times(depth, "l")) == errc::too_deep);
  CHECK(failure_of(times(depth, "d1:a")) == errc::too_deep);
  CHECK(failure_of(times(depth, "[")) == errc::unexpected);
  limits deep;
  deep.depth_max = depth;
  CHECK(failure_of(times(depth, "l"), deep) == errc::truncated);
  CHECK(!failure_of(times(depth, "l") + times(depth, "e"), deep));
}

TEST_CASE("depth is allowed up to the limit") {
  CHECK(!failure_of(times(64, "l") + times(64, "e")));
  CHECK(failure_of(times(65, "l") + times(65, "e")) == errc::too_deep);
}

TEST_CASE("values are counted, keys included") {
  limits few;
  few.values_max = 3;
  CHECK(!failure_of("li1ei2ee", few));
  CHECK(failure_of("li1ei2ei3ee", few) == errc::too_many_values);
  CHECK(!failure_of("d1:ai1ee", few));
  CHECK(failure_of("d1:ai1e1:bi2ee", few) == errc::too_many_values);
  CHECK(failure_of("l" + times(5'000'000, "0:") + "e") == errc::too_many_values);
}

TEST_CASE("integers reach exactly from the least to the greatest of 64 bits") {
  const auto read = [](const string& s) { return document::parse(as_bytes(s))->root().integer(); };
  CHECK(read("i9223372036854775807e") == std::numeric_limits<std::int64_t>::max());
  CHECK(read("i-9223372036854775808e") == std::numeric_limits<std::int64_t>::min());
  CHECK(failure_of("i9223372036854775808e") == errc::bad_integer);
  CHECK(failure_of("i-9223372036854775809e") == errc::bad_integer);
  CHECK(failure_of("i" + string(1000, '9') + "e") == errc::bad_integer);
  CHECK(failure_of("i1" + string(1000, '0')) == errc::bad_integer);
}

TEST_CASE("a lying length never reaches beyond the input") {
  for (const char* input : {"5:abc", "4294967295:", "d3:abc", "l4294967295:x"}) {
    CAPTURE(input);
    CHECK(failure_of(input) == errc::truncated);
  }
  for (const char* input : {"4294967296:", "99999999999999999999999:x", "05:abcde", "00:", "5abc", "1e"}) {
    CAPTURE(input);
    CHECK(failure_of(input) == errc::bad_length);
  }
}

TEST_CASE("the error's offset says where") {
  std::size_t at = 0;
  CHECK(document::parse(as_bytes("li1e?e"), {}, &at).error() == errc::unexpected);
  CHECK(at == 4);
  CHECK(document::parse(as_bytes("i1ei2e"), {}, &at).error() == errc::trailing_bytes);
  CHECK(at == 3);
}

TEST_CASE("a prefix is parsed with its length, and the rest is left alone") {
  std::size_t consumed = 0;
  const string input = "d1:ai1eeBINARY";
  const auto parsed = document::parse_prefix(as_bytes(input), consumed);
  REQUIRE(parsed.has_value());
  CHECK(consumed == 8);
  CHECK(as_text(parsed->root().raw()) == "d1:ai1ee");
}

TEST_CASE("keys out of order or twice are read, the first counts, and the document says so") {
  const string twice = "d1:ai1e1:ai2ee";
  const auto a = document::parse(as_bytes(twice));
  REQUIRE(a.has_value());
  CHECK(a->root()["a"].integer() == 1);
  CHECK(a->root().size() == 2);
  CHECK(!a->is_canonical());
  const string unsorted = "d1:bi1e1:ai2ee";
  CHECK(!document::parse(as_bytes(unsorted))->is_canonical());
  const string nested = "ld1:bi1e1:ai2eed1:ai1eee";
  CHECK(!document::parse(as_bytes(nested))->is_canonical());
  const string sorted = "d1:ai1e2:aai2e1:bd0:i3e1:zi1eee";
  CHECK(document::parse(as_bytes(sorted))->is_canonical());
}

TEST_CASE("look-ups chain through what is not there") {
  const string input =
      "d4:listli1e3:twoe6:nested"
      "d1:x1:yee";
  const auto parsed = document::parse(as_bytes(input));
  REQUIRE(parsed.has_value());
  const auto root = parsed->root();
  CHECK(root["nested"]["x"].string() == "y");
  CHECK(!root["nested"]["x"]["deeper"]["still"]);
  CHECK(!root["absent"]["x"]);
  CHECK(!root["absent"].integer());
  CHECK(root["absent"].size() == 0);
  CHECK(root["absent"].raw().empty());
  CHECK(!root["list"].integer());
  CHECK(root["list"].size() == 2);
  std::vector<string> raws;
  root["list"].for_each([&](shoal::bencode::node_view v) { raws.emplace_back(as_text(v.raw())); });
  CHECK(raws == std::vector<string>{"i1e", "3:two"});
  std::vector<string> keys;
  root.for_each_entry([&](std::string_view k, shoal::bencode::node_view) { keys.emplace_back(k); });
  CHECK(keys == std::vector<string>{"list", "nested"});
}

TEST_CASE("views stay right while their document moves") {
  const string input = "d4:listli1ei2eee";
  auto parsed = document::parse(as_bytes(input));
  REQUIRE(parsed.has_value());
  const auto list = parsed->root()["list"];
  std::vector<document> documents;
  documents.push_back(std::move(*parsed));
  documents.resize(100);
  int sum = 0;
  list.for_each([&](shoal::bencode::node_view v) { sum += static_cast<int>(*v.integer()); });
  CHECK(sum == 3);
  CHECK(!document().root());
}

TEST_CASE("what the writer writes the parser reads") {
  string out;
  shoal::bencode::writer w(out);
  w.begin_dictionary();
  w.key("a").integer(std::numeric_limits<std::int64_t>::min());
  w.key("b").begin_list().string("x").raw("i7e").begin_dictionary().end().end();
  w.key("bin").string(as_bytes(string("\0\xff", 2)));
  w.end();
  CHECK(out == string("d1:ai-9223372036854775808e1:bl1:xi7edee3:bin2:\0\xff"
                      "e",
                      49));
  const auto parsed = document::parse(as_bytes(out));
  REQUIRE(parsed.has_value());
  CHECK(parsed->is_canonical());
}
