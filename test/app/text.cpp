#include "app/text.hpp"

#include <algorithm>

#include <doctest/doctest.h>

namespace shoal::app {

TEST_CASE("what a stranger wrote cannot steer a terminal") {
  struct row {
    std::string_view in, out;
  };
  const row rows[] = {
      {"plain.iso", "plain.iso"},
      {"Gr\xC3\xBC\xC3\x9F"
       "e",
       "Gr\xC3\xBC\xC3\x9F"
       "e"},
      {"\x1b[2Jgone", "\xEF\xBF\xBD[2Jgone"},
      {"a\nb\rc\td",
       "a\xEF\xBF\xBD"
       "b\xEF\xBF\xBD"
       "c\xEF\xBF\xBD"
       "d"},
      {"\xC2\x9B"
       "31m",
       "\xEF\xBF\xBD"
       "31m"},  // the C1 form of ESC [
      {"exe.\xE2\x80\xAE"
       "gpj",
       "exe.\xEF\xBF\xBD"
       "gpj"},  // right-to-left override
      {"\xff", "\xEF\xBF\xBD"},
      {"\xC3", "\xEF\xBF\xBD"},
      {"\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},  // a surrogate
      {"", ""},
  };
  for (const auto& r : rows) {
    CAPTURE(r.in);
    CHECK(printable(r.in) == r.out);
    CHECK(printable(printable(r.in)) == r.out);
  }
}

TEST_CASE("a shortened name keeps both ends and the asked width") {
  CHECK(shortened("bigfile.iso", 11) == "bigfile.iso");
  CHECK(shortened("bigfile.iso", 10) == "bigf...iso");
  CHECK(shortened("bigfile.iso", 3) == "big");
  CHECK(shortened("", 3).empty());
  const std::string umlauts = "\xC3\xA4\xC3\xB6\xC3\xBC\xC3\xA4\xC3\xB6\xC3\xBC\xC3\xA4";
  for (std::size_t width = 0; width < 9; ++width) {
    CAPTURE(width);
    const auto s = shortened(umlauts, width);
    CHECK(columns_of(s) == std::min<std::size_t>(width, 7));
    CHECK(printable(s) == s);
  }
}

TEST_CASE("a word survives the shell") {
  CHECK(shell_word("a/b-c_1.torrent") == "a/b-c_1.torrent");
  CHECK(shell_word("a b") == "'a b'");
  CHECK(shell_word("it's") == "'it'\\''s'");
  CHECK(shell_word("") == "''");
  CHECK(shell_word("$(reboot)") == "'$(reboot)'");
}

TEST_CASE("text breaks at spaces") {
  CHECK(wrapped("one two three", 7) == std::vector<std::string>{"one two", "three"});
  CHECK(wrapped("one two three", 100) == std::vector<std::string>{"one two three"});
  CHECK(wrapped("unbreakable word", 5) == std::vector<std::string>{"unbreakable", "word"});
  CHECK(wrapped("", 5) == std::vector<std::string>{""});
}

TEST_CASE("short times have tenths") {
  CHECK(elapsed(0.26) == "0.3 s");
  CHECK(elapsed(59.9) == "59.9 s");
  CHECK(elapsed(754) == "12:34");
}

TEST_CASE("numbers are grouped and agree with their noun") {
  CHECK(counted(1, "peer") == "1 peer");
  CHECK(counted(0, "peer") == "0 peers");
  CHECK(counted(1234567, "piece") == "1,234,567 pieces");
  CHECK(counted(2, "entry", "entries") == "2 entries");
  CHECK(grouped(999) == "999");
  CHECK(grouped(1000) == "1,000");
}

}  // namespace shoal::app
