#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <shoal/base/rng.hpp>
#include <shoal/metainfo/file_layout.hpp>

#include "metainfo/name_fold.hpp"

namespace {

using shoal::metainfo::assign_safe_paths;
using shoal::metainfo::file_entry;
using shoal::metainfo::file_layout;
using shoal::metainfo::file_slice;
using shoal::metainfo::fold_name;
using shoal::metainfo::safe_component;
using std::string;
using std::vector;

file_entry entry(vector<string> path, std::uint64_t length = 1) {
  file_entry e;
  e.path = std::move(path);
  e.length = length;
  return e;
}

vector<string> safe_paths(const vector<vector<string>>& paths, std::string_view root = {}) {
  vector<file_entry> files;
  for (const auto& path : paths) {
    files.push_back(entry(path));
  }
  assign_safe_paths(files, root);
  vector<string> out;
  for (const auto& file : files) {
    out.push_back(file.safe_path);
  }
  return out;
}

}  // namespace

TEST_CASE("a hostile component is made safe, and a safe one stays as it is") {
  struct row {
    string in;
    string out;
  };
  const vector<row> rows{
      {"plain.txt", "plain.txt"},
      {"", "_"},
      {".", "_"},
      {"..", "__"},
      {"...", "..."},
      {".hidden", ".hidden"},
      {"/etc/passwd", "_etc_passwd"},
      {"..\\..\\x", ".._.._x"},
      {string("nul\0byte", 8), "nul_byte"},
      {"line\nbreak\x7f", "line_break_"},
      {"\xc2\x85", "_"},                    // C1 control
      {"\xe2\x80\xaegpj.exe", "_gpj.exe"},  // right-to-left override
      {"caf\xc3\xa9 \xf0\x9f\x90\x9f", "caf\xc3\xa9 \xf0\x9f\x90\x9f"},
      {"\xff", "\xef\xbf\xbd"},                                  // no UTF-8
      {"a\xc3", "a\xef\xbf\xbd"},                                // cut short
      {"\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd"},                  // an overlong '/'
      {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},  // a surrogate
  };
  for (const auto& [in, out] : rows) {
    CAPTURE(in);
    CHECK(safe_component(in) == out);
    CHECK(safe_component(safe_component(in)) == out);
  }
}

TEST_CASE("a component is at most 255 bytes, whole characters, and keeps its extension") {
  CHECK(safe_component(string(300, 'a') + ".tar") == string(251, 'a') + ".tar");
  CHECK(safe_component(string(255, 'a')) == string(255, 'a'));
  CHECK(safe_component(string(300, 'a')) == string(255, 'a'));
  string wide;
  for (int i = 0; i < 100; ++i) {
    wide += "\xe2\x82\xac";  // three bytes each
  }
  CHECK(safe_component(wide + ".x") == wide.substr(0, 84 * 3) + ".x");
  for (const auto& name : {wide, wide + ".bin", "x" + wide, "xy" + wide, string(600, '\xff'), "." + wide}) {
    const auto safe = safe_component(name);
    CHECK(safe.size() <= 255);
    CHECK(safe_component(safe) == safe);
  }
}

TEST_CASE("random bytes become safe components that stay as they are") {
  constexpr std::uint64_t seed = 42;
  CAPTURE(seed);
  shoal::rng random(seed);
  for (int i = 0; i < 20'000; ++i) {
    string name(static_cast<std::size_t>(random.below(i % 50 == 0 ? 400 : 12)), '\0');
    for (char& c : name) {
      c = static_cast<char>(random.below(256));
    }
    CAPTURE(i);
    const auto safe = safe_component(name);
    REQUIRE(!safe.empty());
    REQUIRE(safe != ".");
    REQUIRE(safe != "..");
    REQUIRE(safe.size() <= 255);
    REQUIRE(safe.find('/') == string::npos);
    REQUIRE(safe.find('\0') == string::npos);
    REQUIRE(safe_component(safe) == safe);
    REQUIRE(fold_name(fold_name(safe)) == fold_name(safe));
  }
}

TEST_CASE("names that a file system may take for one fold to one key") {
  const vector<vector<string>> groups{
      {"a", "A", "a.", "a "},
      {"\xc3\xa9", "e\xcc\x81", "\xc3\x89", "E\xcc\x81"},                                  // e acute
      {"\xe1\xbb\x87", "e\xcc\xa3\xcc\x82", "e\xcc\x82\xcc\xa3", "\xe1\xba\xb8\xcc\x82"},  // two marks
      {"\xc3\x9f", "SS", "ss", "\xe1\xba\x9e"},                                            // sharp s
      {"\xcf\x83", "\xcf\x82", "\xce\xa3"},                      // sigma, final sigma
      {"\xd0\x96", "\xd0\xb6"},                                  // Cyrillic
      {"\xe3\x81\x8c", "\xe3\x81\x8b\xe3\x82\x99"},              // kana with a voiced mark
      {"\xea\xb0\x81", "\xe1\x84\x80\xe1\x85\xa1\xe1\x86\xa8"},  // Hangul
      {"\xe2\x84\xaa", "k", "K"},                                // the kelvin sign
      {"x\xe2\x80\x8dy", "xy", "x\xc2\xady", "\xef\xbb\xbfxy"},  // invisible characters
      {"e", "E"},
      {"\xe3\x81\x8b"},
  };
  std::set<string> keys;
  for (const auto& group : groups) {
    for (const auto& name : group) {
      CAPTURE(name);
      CHECK(fold_name(name) == fold_name(group.front()));
    }
    CHECK(keys.insert(fold_name(group.front())).second);
  }
}

TEST_CASE("hostile paths stay below the root and apart from one another") {
  using paths = vector<vector<string>>;
  struct row {
    const char* what;
    paths in;
    vector<string> out;
  };
  const vector<row> rows{
      {"parents", {{"a", "..", "..", "etc", "passwd"}}, {"a/__/__/etc/passwd"}},
      {"absolute", {{"", "etc", "passwd"}, {"/etc/passwd"}}, {"_/etc/passwd", "_etc_passwd"}},
      {"equal", {{"a.txt"}, {"a.txt"}, {"a.txt"}}, {"a.txt", "a (2).txt", "a (3).txt"}},
      {"case", {{"A"}, {"a"}, {"d", "x"}, {"D", "X"}}, {"A", "a (2)", "d/x", "D/X (2)"}},
      {"normal forms", {{"\xc3\xa9"}, {"e\xcc\x81"}}, {"\xc3\xa9", "e\xcc\x81 (2)"}},
      {"equal once safe", {{"a/b"}, {"a\\b"}, {"a_b"}}, {"a_b", "a_b (2)", "a_b (3)"}},
      {"the variant is taken", {{"a"}, {"a (2)"}, {"a"}}, {"a", "a (2)", "a (3)"}},
      {"the variant comes later", {{"a"}, {"a"}, {"a (2)"}}, {"a", "a (2)", "a (2) (2)"}},
      {"file before directory", {{"a"}, {"a", "b"}}, {"a (2)", "a/b"}},
      {"directory before file", {{"a", "b"}, {"A"}}, {"a/b", "A (2)"}},
      {"directory as variant", {{"a", "b"}, {"a (2)", "b"}, {"a"}}, {"a/b", "a (2)/b", "a (3)"}},
      {"a file deep in a file", {{"a", "b"}, {"a", "b", "c"}, {"a"}}, {"a/b (2)", "a/b/c", "a (2)"}},
      {"nameless", {{}}, {"_"}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    CHECK(safe_paths(row.in) == row.out);
    vector<string> below;
    for (const auto& path : row.out) {
      below.push_back("__/" + path);
    }
    CHECK(safe_paths(row.in, "..") == below);
  }
}

TEST_CASE("names of 255 bytes that differ only at their end get room for a number") {
  const string stem(250, 'n');
  vector<vector<string>> paths;
  for (int i = 0; i < 30; ++i) {
    paths.push_back({stem + "abcde"});
    paths.push_back({stem + "vwxyz"});
  }
  const auto safe = safe_paths(paths);
  std::set<string> unique(safe.begin(), safe.end());
  CHECK(unique.size() == safe.size());
  CHECK(std::all_of(safe.begin(), safe.end(), [](const string& s) { return s.size() <= 255; }));
}

TEST_CASE("safe paths fed back as names come out unchanged, whatever the names were") {
  constexpr std::uint64_t seed = 4711;
  CAPTURE(seed);
  shoal::rng random(seed);
  const vector<string> words{"a",   "A",        "a (2)",     "b",     "",     "..",
                             "a/b", "\xc3\xa9", "e\xcc\x81", "a.txt", "A.TXT"};
  for (int round = 0; round < 300; ++round) {
    CAPTURE(round);
    vector<vector<string>> paths(1 + static_cast<std::size_t>(random.below(20)));
    for (auto& path : paths) {
      path.resize(1 + static_cast<std::size_t>(random.below(3)));
      for (auto& name : path) {
        name = words[static_cast<std::size_t>(random.below(words.size()))];
      }
    }
    const auto safe = safe_paths(paths);
    CHECK(safe == safe_paths(paths));
    std::set<string> directories;
    std::set<string> seen;
    vector<vector<string>> again;
    for (const auto& path : safe) {
      vector<string> parts;
      string folded;
      std::size_t from = 0;
      for (std::size_t to = 0; to != string::npos; from = to + 1) {
        to = path.find('/', from);
        parts.push_back(path.substr(from, to - from));
        folded += fold_name(parts.back());
        if (to != string::npos) {
          directories.insert(folded);
          folded += '/';
        }
        if (to == string::npos) break;
      }
      CHECK(seen.insert(folded).second);
      again.push_back(parts);
    }
    for (const auto& folded : seen) {
      CHECK(!directories.contains(folded));
    }
    CHECK(safe_paths(again) == safe);
  }
}

TEST_CASE("many equal names, and one very deep path, cost no more than their length") {
  // Were either quadratic, this test would not end in the time it is given.
  CHECK(safe_paths(vector<vector<string>>(200'000, {"a"})).back() == "a (200000)");
  const auto deep = safe_paths({vector<string>(500'000, "d")});
  CHECK(deep.front().size() == 999'999);
}

TEST_CASE("padding has no path on disk and disturbs no name") {
  vector<file_entry> files{entry({"a"}), entry({"a"}), entry({"a"})};
  files[1].padding = true;
  assign_safe_paths(files);
  CHECK(files[0].safe_path == "a");
  CHECK(files[1].safe_path.empty());
  CHECK(files[2].safe_path == "a (2)");
}

TEST_CASE("a layout without files or bytes has no slices") {
  CHECK(file_layout().slices(0, 0).empty());
  CHECK(file_layout({entry({"a"}, 0)}).slices(0, 0).empty());
}

TEST_CASE("the slices of a range are the ones that a walk over every byte finds") {
  constexpr std::uint64_t seed = 99;
  CAPTURE(seed);
  shoal::rng random(seed);
  for (int round = 0; round < 60; ++round) {
    CAPTURE(round);
    vector<file_entry> files;
    vector<file_slice> owner;  // of each byte: its file, its offset there
    for (std::uint32_t f = 0; f < 1 + random.below(12); ++f) {
      const auto length = random.below(3) == 0 ? 0 : random.below(20);
      files.push_back(entry({std::to_string(f)}, length));
      for (std::uint64_t b = 0; b < length; ++b) {
        owner.push_back({shoal::file_index(f), b, 1});
      }
    }
    const file_layout layout(files);
    REQUIRE(layout.total_bytes() == owner.size());
    for (std::size_t from = 0; from <= owner.size(); ++from) {
      for (std::size_t to = from; to <= owner.size(); to += 1 + to % 3) {
        vector<file_slice> naive;
        for (std::size_t b = from; b < to; ++b) {
          if (!naive.empty() && naive.back().file == owner[b].file) {
            ++naive.back().length;
          } else {
            naive.push_back(owner[b]);
          }
        }
        REQUIRE(layout.slices(from, to - from) == naive);
      }
    }
  }
}
