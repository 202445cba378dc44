// Which files numbers and patterns select.

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <shoal/metainfo/file_selection.hpp>

namespace {

using namespace shoal::metainfo;
using std::string;
using std::vector;

file_layout layout() {
  vector<file_entry> files;
  for (const auto& path : vector<vector<string>>{
           {"a.iso"}, {"docs", "a.txt"}, {"docs", "deep", "b.txt"}, {".pad"}, {"[x] c.iso"}, {"3"}}) {
    file_entry f;
    f.path = path;
    f.length = 10;
    f.padding = path[0] == ".pad";
    files.push_back(f);
  }
  return file_layout(files, "t");
}

/// The numbers of the files that the text selects.
string selected(const string& text) {
  const auto s = parse_file_selection(text);
  if (!s) return "bad";
  string out;
  const auto priorities = select_files(*s, layout());
  CHECK(selects_any(priorities) == (priorities != vector<std::uint8_t>(6)));
  for (std::size_t i = 0; i < priorities.size(); ++i) {
    if (priorities[i] != 0) out += std::to_string(i);
  }
  return out;
}

}  // namespace

TEST_CASE("files are selected by number, by name and by path") {
  struct {
    const char *text, *files;
  } const rows[] = {
      {"0", "0"},
      {"1-2,5", "125"},
      {"0-4294967295", "01245"},  // padding is nobody's wish
      {"99", ""},
      {"*.iso", "04"},
      {"*.ISO", ""},
      {"a.*", "01"},
      {"docs/", "12"},
      {"docs/*", "12"},
      {"docs/a.txt", "1"},
      {"*/b.txt", "2"},
      {"b.txt", "2"},
      {"docs", ""},
      {"[x] c.iso", "4"},
      {"[x]*", ""},
      {"[3]", "5"},
      {"[!3]", ""},
      {"?", "5"},
      {"[a-c].txt,5", "125"},
      {"", "bad"},
      {"1,,2", "bad"},
      {"1,", "bad"},
      {"5-2", "bad"},
      {"1-2-3", "bad"},
      {"4294967296", "bad"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    CHECK(selected(row.text) == row.files);
  }
}

TEST_CASE("patterns") {
  struct {
    const char *text, *pattern;
    bool fits;
  } const rows[] = {
      {"", "", true},          {"", "*", true},           {"a", "", false},         {"abc", "a*c", true},
      {"abcbc", "a*bc", true}, {"abcbd", "a*bc", false},  {"aXbXc", "*X*X*", true}, {"aXb", "*X*X*", false},
      {"\xc3\xa4", "?", true}, {"\xc3\xa4", "??", false}, {"a]", "a[]]", true},     {"a", "[^b]", false},
      {"[", "[", true},        {"a-", "a[b-]", true},     {"ab", "a[b", false},     {"a[b", "a[b", true},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    CAPTURE(row.pattern);
    CHECK(fits_pattern(row.text, row.pattern) == row.fits);
  }
}

TEST_CASE("a hostile name costs no more than its length times the pattern's") {
  const string name(20'000, 'a');
  CHECK_FALSE(fits_pattern(name, "*a*a*a*a*a*a*a*a*a*a*a*b"));
}
