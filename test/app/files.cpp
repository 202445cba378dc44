#include <filesystem>
#include <sstream>

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

#include "app/command_line.hpp"
#include "app/complaint.hpp"
#include "app/hook.hpp"
#include "app/torrent_file.hpp"
#include "support/temp_directory.hpp"

namespace shoal::app {

namespace fs = std::filesystem;
using test::read_file;
using test::temp_directory;
using test::write_file;

namespace {

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

boost::json::object last_object(const std::string& lines) {
  REQUIRE(lines.ends_with('\n'));
  const auto begin = lines.rfind('\n', lines.size() - 2);
  return boost::json::parse(lines.substr(begin == std::string::npos ? 0 : begin + 1)).as_object();
}

}  // namespace

TEST_CASE("what create makes, show shows and verify finds right until a byte changes") {
  const temp_directory folder;
  write_file((folder / "data/one.bin").string(), std::string(100'000, 'a'));
  write_file((folder / "data/sub/two.bin").string(), std::string(50'000, 'b'));
  const auto torrent = (folder / "data.torrent").string();

  const auto created = type({"create", (folder / "data").string(), "-o", torrent, "-a",
                             "http://127.0.0.1:1/announce", "-a", "http://127.0.0.1:2/announce",
                             "--piece-length", "32KiB", "--private", "--comment", "two files", "--json"});
  CAPTURE(created.err);
  REQUIRE(created.code == exit_code::ok);
  const auto facts = last_object(created.out);
  CHECK(facts.at("event").as_string() == "created");
  CHECK(facts.at("bytes").to_number<int>() == 150'000);
  CHECK(facts.at("pieces").to_number<int>() == 5);
  CHECK(facts.at("piece_length").to_number<int>() == 32768);

  const auto shown = last_object(type({"show", torrent, "--json"}).out);
  CHECK(shown.at("name").as_string() == "data");
  CHECK(shown.at("info_hash") == facts.at("info_hash"));
  CHECK(shown.at("private").as_bool());
  CHECK(shown.at("comment").as_string() == "two files");
  CHECK(shown.at("trackers").as_array().size() == 2);
  CHECK(shown.at("files").as_array().size() == 2);
  const auto magnet = last_object(type({"show", "--json", std::string(facts.at("magnet").as_string())}).out);
  CHECK(magnet.at("info_hash") == facts.at("info_hash"));
  CHECK(type({"show", torrent}).out.find("sub/two.bin") != std::string::npos);

  CHECK(type({"verify", torrent, folder.path().string()}).code == exit_code::ok);
  CHECK(type({"verify", torrent, (folder / "data").string()}).code ==
        exit_code::ok);  // the content itself is understood too

  write_file((folder / "data/sub/two.bin").string(), std::string(49'999, 'b') + "x");
  const auto wrong = type({"verify", torrent, folder.path().string(), "--json"});
  CHECK(wrong.code == exit_code::mismatch);
  const auto found = last_object(wrong.out);
  CHECK_FALSE(found.at("ok").as_bool());
  CHECK(found.at("pieces_ok").to_number<int>() == 4);
  REQUIRE(found.at("missing").as_array().size() == 1);
  CHECK(found.at("missing").as_array()[0].as_string() == "data/sub/two.bin");
  CHECK(found.at("bytes_ok").to_number<int>() == 4 * 32768);
}

TEST_CASE("a torrent is never written over a file that is none") {
  const temp_directory folder;
  const auto file = (folder / "big").string();
  write_file(file, std::string(20'000, 'x'));
  const auto s = type({"create", file, "-o", file});
  CHECK(s.code == exit_code::usage);
  CHECK(read_file(file) == std::string(20'000, 'x'));

  const auto torrent = (folder / "big.torrent").string();
  CHECK(type({"create", file, "-o", torrent}).code == exit_code::ok);
  CHECK(type({"create", file, "-o", torrent}).code == exit_code::ok);  // its own kind may be replaced
  CHECK(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()) == 2);
}

TEST_CASE("complaints about paths have their own exit codes") {
  const temp_directory folder;
  fs::create_directories((folder / "empty").string());
  write_file((folder / "bad.torrent").string(), "d4:infod");
  const auto out = (folder / "out.torrent").string();
  CHECK(type({"create", (folder / "nothing").string(), "-o", out}).code == exit_code::storage);
  CHECK(type({"create", (folder / "empty").string(), "-o", out}).code != exit_code::ok);
  CHECK(type({"show", (folder / "bad.torrent").string()}).code == exit_code::bad_torrent);
  CHECK(type({"show", "magnet:?xt=nothing"}).code == exit_code::bad_torrent);
  CHECK(type({"seed", (folder / "nothing").string()}).code == exit_code::storage);
  CHECK(type({"seed", (folder / "nothing.torrent").string()}).code == exit_code::bad_torrent);
  CHECK_FALSE(fs::exists(out));
}

TEST_CASE("the completion command sees the torrent in its environment and cannot speak on our output") {
  const temp_directory folder;
  const auto note = (folder / "note").string();
  std::ostringstream out;
  std::ostringstream err;
  console c(console::style::json, out, err);
  const stop_signal stop([] {}, 6);
  completion_hook hook("printf '%s|%s|%s' \"$SHOAL_NAME\" \"$SHOAL_PATH\" \"$SHOAL_INFO_HASH\" > '" + note +
                       "'");
  hook.run(c, "it's $(big)", "/srv/it's $(big)", "00ff");
  hook.wait(c, stop);
  CHECK(read_file(note) == "it's $(big)|/srv/it's $(big)|00ff");
  CHECK(err.str().empty());

  completion_hook failing("exit 3");
  failing.run(c, "x", "/x", "00");
  failing.wait(c, stop);
  CHECK(err.str().find("exit code 3") != std::string::npos);
  CHECK(out.str().empty());
}

TEST_CASE("failures name the thing, what is wrong and the remedy") {
  namespace errc = boost::system::errc;
  struct row {
    errc::errc_t code;
    const char* remedy;
  };
  const row storage[] = {{errc::no_space_on_device, "make room"},
                         {errc::permission_denied, "permissions"},
                         {errc::read_only_file_system, "can be written"}};
  for (const auto& r : storage) {
    const auto c = storage_complaint({errc::make_error_code(r.code), "/srv/x"});
    CAPTURE(c.what());
    CHECK(c.code() == exit_code::storage);
    CHECK(std::string(c.what()).starts_with("/srv/x: "));
    CHECK(std::string(c.what()).find(r.remedy) != std::string::npos);
  }
  for (const auto code :
       {errc::address_in_use, errc::address_not_available, errc::permission_denied, errc::io_error}) {
    const auto c = listen_complaint({errc::make_error_code(code), ""}, "10.0.0.1:80", "--listen");
    CAPTURE(c.what());
    CHECK(c.code() == exit_code::network);
    CHECK(std::string(c.what()).starts_with("10.0.0.1:80: "));
    CHECK(std::string(c.what()).find("--listen") != std::string::npos);
  }
}

}  // namespace shoal::app
