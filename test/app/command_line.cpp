#include "app/command_line.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include <doctest/doctest.h>

#include "app/text.hpp"
#include "support/source_file.hpp"

namespace shoal::app {

namespace {

const std::vector<std::string> commands{"seed", "leech", "tracker", "create", "show", "verify", "swarm"};

struct said {
  exit_code code;
  std::string out, err;
};

said type(const std::vector<std::string>& arguments) {
  std::ostringstream out;
  std::ostringstream err;
  const auto code = run(arguments, out, err);
  return {code, out.str(), err.str()};
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    out.push_back(line);
  }
  return out;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// All that there is to say.
std::string help_of(const std::string& command) {
  const auto all = type({command, "--help-all"});
  return all.code == exit_code::ok ? all.out : type({command, "--help"}).out;
}

std::string commands_page() {
  std::string page =
      "# The commands\n\nWhat `--help` says. The tests keep this page equal to it;\n"
      "`SHOAL_UPDATE_DOCS=1 build/release/test/test_app` writes it anew.\n\n```\n" +
      type({"--help"}).out + "```\n";
  for (const auto& c : commands) {
    page += "\n## shoal " + c + "\n\n```\n" + help_of(c) + "```\n";
  }
  return page;
}

}  // namespace

TEST_CASE("every help fits a screen and shows an example") {
  auto all = commands;
  all.emplace_back();
  for (const auto& c : all) {
    CAPTURE(c);
    const auto s = c.empty() ? type({"--help"}) : type({c, "--help"});
    CHECK(s.code == exit_code::ok);
    CHECK(s.err.empty());
    const auto lines = lines_of(s.out);
    CHECK(lines.size() >= 10);
    CHECK(lines.size() <= 40);
    for (const auto& line : lines) {
      CAPTURE(line);
      CHECK(columns_of(line) <= 100);
    }
    CHECK(has(s.out, "\n  shoal "));
    CHECK((c.empty() ? type({"-h"}) : type({"help", c})).out == s.out);
  }
  CHECK(type({"help"}).out == type({"--help"}).out);
}

TEST_CASE("the help of the program lists the exit codes") {
  const auto help = type({"--help"}).out;
  for (const auto& row : exit_code_table) {
    CHECK(has(help, "  " + std::to_string(to_int(row.code)) + "  " + std::string(row.meaning) + "\n"));
  }
}

TEST_CASE("the version is told by the program and by every command") {
  CHECK(type({"--version"}).out == "shoal " SHOAL_VERSION "\n");
  for (const auto& c : commands) {
    CAPTURE(c);
    CHECK(type({c, "--version"}).out == "shoal " SHOAL_VERSION "\n");
    CHECK(type({c, "--version"}).code == exit_code::ok);
  }
}

TEST_CASE("wrong usage is one line on the error output that names the thing and the way out") {
  struct row {
    std::vector<std::string> arguments;
    std::string named;
  };
  const row rows[] = {
      {{"sed"}, "'sed' is no command"},
      {{"--bogus"}, "'--bogus'"},
      {{"seed"}, "PATH"},
      {{"leech"}, "TORRENT"},
      {{"create", "x"}, "--output"},
      {{"verify", "x"}, "DIR"},
      {{"tracker", "--bogus"}, "--bogus"},
      {{"tracker", "extra"}, "extra"},
      {{"tracker", "--listen", "nowhere"}, "'nowhere'"},
      {{"leech", "x", "--max-up", "8XB"}, "'8XB'"},
      {{"leech", "x", "--seed-ratio", "1", "--seed-time", "5"}, "--seed-time"},
      {{"leech", "x", "--exit-when-complete", "--seed-ratio", "1"}, "--seed-ratio"},
      {{"leech", "x", "--log-level", "loud"}, "'loud'"},
      {{"leech", "x", "--ca-file", "/nonexistent"}, "/nonexistent"},
      {{"leech", "x", "--listen", "\x1b[2J"}, "--listen"},
  };
  for (const auto& r : rows) {
    CAPTURE(r.named);
    const auto s = type(r.arguments);
    CHECK(s.code == exit_code::usage);
    CHECK(s.out.empty());
    CHECK(lines_of(s.err).size() == 1);
    CHECK(s.err.starts_with("shoal"));
    CHECK(has(s.err, r.named));
    CHECK(has(s.err, "--help"));
    CHECK_FALSE(has(s.err, "\x1b"));
  }
}

TEST_CASE("without a command the overview is shown, as wrong usage") {
  const auto s = type({});
  CHECK(s.code == exit_code::usage);
  CHECK(s.err == type({"--help"}).out);
}

TEST_CASE("an optional value is taken only when it reads as one") {
  using words = std::vector<std::string>;
  CHECK(rearranged({"seed", "--with-tracker", "bigfile"}) ==
        words{"seed", "--with-tracker=[::]:6969", "bigfile"});
  CHECK(rearranged({"seed", "--with-tracker", "10.0.0.1:80", "bigfile"}) ==
        words{"seed", "--with-tracker=10.0.0.1:80", "bigfile"});
  CHECK(rearranged({"seed", "bigfile", "--with-tracker"}) ==
        words{"seed", "bigfile", "--with-tracker=[::]:6969"});
  CHECK(rearranged({"seed", "--with-tracker", ":0"}) == words{"seed", "--with-tracker=:0"});
  CHECK(rearranged({"seed", "--", "--with-tracker"}) == words{"seed", "--", "--with-tracker"});
}

TEST_CASE("what is no torrent is told apart, with the remedy") {
  struct row {
    std::string argument, remedy;
  };
  const row rows[] = {{"/nonexistent/x.torrent", "no such torrent file"},
                      {"/", "shoal seed /"},
                      {"magnet:?xt=urn:btih:0123", "names no torrent"},
                      {"https://example.org/x.torrent", "curl -O"}};
  for (const auto& r : rows) {
    CAPTURE(r.argument);
    const auto s = type({"leech", r.argument});
    CHECK(s.code == exit_code::bad_torrent);
    CHECK(lines_of(s.err).size() == 1);
    CHECK(has(s.err, r.remedy));
    CHECK(has(type({"leech", "--json", r.argument}).out, "\"exit_code\":3"));
  }
}

TEST_CASE("docs/commands.md says what --help says") {
  const std::string file = test::source_file("docs/commands.md");
  if (std::getenv("SHOAL_UPDATE_DOCS") != nullptr) {
    std::ofstream(file) << commands_page();
  }
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  CHECK_MESSAGE(text.str() == commands_page(), "run this test program with SHOAL_UPDATE_DOCS=1");
}

}  // namespace shoal::app
