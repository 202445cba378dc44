#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <shoal/bencode/bencode.hpp>
#include <shoal/hash/sha1.hpp>
#include <shoal/metainfo/builder.hpp>
#include <shoal/metainfo/torrent_info.hpp>

namespace {

using namespace shoal::metainfo;
using shoal::as_bytes;
using shoal::as_text;
using std::string;
using std::to_string;
using std::vector;

string text(std::string_view s) {
  return to_string(s.size()) + ":" + string(s);
}

string hashes(std::size_t n) {
  return "6:pieces" + text(string(20 * n, 'h'));
}

/// One file of `length` bytes in pieces of 4.
string single(const string& length = "i10e", const string& rest = hashes(3)) {
  return "d6:length" + length + "4:name1:n12:piece lengthi4e" + rest + "e";
}

/// `files` are bencoded dictionaries.
string multi(const string& files, std::size_t pieces = 3, const string& name = "n") {
  return "d5:filesl" + files + "e4:name" + text(name) + "12:piece lengthi4e" + hashes(pieces) + "e";
}

string file(const string& length, const vector<string>& path, const string& attributes = {}) {
  string names;
  for (const auto& name : path) {
    names += text(name);
  }
  return "d" + (attributes.empty() ? string() : "4:attr" + text(attributes)) + "6:lengthi" + length +
         "e4:pathl" + names + "ee";
}

string torrent(const string& info, const string& before = {}, const string& after = {}) {
  return "d" + before + "4:info" + info + after + "e";
}

torrent_info parsed(const string& bytes) {
  const auto t = parse_torrent(as_bytes(bytes));
  REQUIRE_MESSAGE(t.has_value(), bytes);
  return *t;
}

shoal::error failure_of_info(const string& info) {
  const auto t = parse_info(as_bytes(info));
  return t ? shoal::error() : t.error();
}

}  // namespace

TEST_CASE("a single-file torrent is read with all that surrounds it") {
  const auto t = parsed(torrent(single("i10e", hashes(3) + "7:privatei1e"),
                                "8:announce8:http://a"
                                "13:announce-listll8:http://a8:http://bel8:http://cee"
                                "7:comment2:hi10:created by2:me13:creation datei1700000000e",
                                "8:url-list8:http://w"));
  CHECK(t.name == "n");
  CHECK(t.piece_length == 4);
  CHECK(t.piece_count() == 3);
  CHECK(t.total_bytes() == 10);
  CHECK(!t.multi_file);
  CHECK(t.is_private);
  CHECK(t.trackers == tracker_tiers{{"http://a", "http://b"}, {"http://c"}});
  CHECK(t.web_seeds == vector<string>{"http://w"});
  CHECK(t.comment == "hi");
  CHECK(t.created_by == "me");
  CHECK(t.creation_date == 1700000000);
  CHECK(t.files.files().front().safe_path == "n");
  CHECK(as_text(t.info_bytes) == single("i10e", hashes(3) + "7:privatei1e"));
  CHECK(t.info_hash.v1 == shoal::sha1(t.info_bytes));
  CHECK(parsed(write_torrent(t)) == t);
}

TEST_CASE("a multi-file torrent lies in the order of its list, below its name") {
  const auto t = parsed(torrent(multi(file("3", {"a"}) + file("0", {"d", "empty"}) + file("7", {"d", "b"}))));
  CHECK(t.multi_file);
  CHECK(t.total_bytes() == 10);
  REQUIRE(t.files.files().size() == 3);
  CHECK(t.files.files()[0].safe_path == "n/a");
  CHECK(t.files.files()[1].safe_path == "n/d/empty");
  CHECK(t.files.files()[2].safe_path == "n/d/b");
  CHECK(t.files.files()[2].offset == 3);
  CHECK(parsed(write_torrent(t)) == t);
}

TEST_CASE("hostile names never leave the directory") {
  const auto t = parsed(torrent(multi(file("1", {"..", "..", "etc", "passwd"}) + file("1", {"/etc/shadow"}) +
                                          file("1", {string("a\0b", 3)}) + file("1", {"A"}) +
                                          file("1", {"a"}) + file("1", {"a", "x"}) + file("1", {"", "."}) +
                                          file("1", {"c\\d"}) + file("2", {string(300, 'l')}),
                                      3, "../..")));
  vector<string> safe;
  for (const auto& f : t.files.files()) {
    safe.push_back(f.safe_path);
  }
  CHECK(safe == vector<string>{".._../__/__/etc/passwd", ".._../_etc_shadow", ".._../a_b", ".._../A (2)",
                               ".._../a (3)", ".._../a/x", ".._../_/_", ".._../c_d",
                               ".._../" + string(255, 'l')});
  CHECK(t.files.files()[0].path == vector<string>{"..", "..", "etc", "passwd"});
}

TEST_CASE("padding and attributes are those of BEP 47") {
  const auto t = parsed(torrent(multi(file("3", {"a"}, "x") + file("1", {".pad", "1"}, "p") +
                                      "d4:attr1:p6:lengthi1ee"  // a path is not required
                                      "d4:attr1:l4:pathl4:linke12:symlink pathl1:aee"  // nor a link's length
                                      + file("5", {"b"}, "hqz"))));
  const auto& files = t.files.files();
  REQUIRE(files.size() == 5);
  CHECK(files[0].executable);
  CHECK(files[1].padding);
  CHECK(files[1].safe_path.empty());
  CHECK(files[2].padding);
  CHECK(files[3].padding);
  CHECK(!files[4].padding);
  CHECK(t.total_bytes() == 10);
  CHECK(parsed(torrent("d4:attr1:x6:lengthi10e4:name1:n12:piece lengthi4e" + hashes(3) + "e"))
            .files.files()
            .front()
            .executable);
}

TEST_CASE("UTF-8 twins of names count before the names") {
  const auto t =
      parsed(torrent("d5:filesld6:lengthi10e4:pathl3:olde10:path.utf-8l3:neweee4:name3:old10:name.utf-83:new"
                     "12:piece lengthi4e" +
                     hashes(3) + "e"));
  CHECK(t.files.files().front().safe_path == "new/new");
}

TEST_CASE("an info dictionary that cannot be is refused by name") {
  struct row {
    string info;
    errc expected;
  };
  const string pieces3 = hashes(3);
  const vector<row> rows{
      {"", errc::not_bencoded},
      {"<html>", errc::not_bencoded},
      {single() + "e", errc::not_bencoded},
      {"le", errc::no_info},
      {"de", errc::bad_name},
      {"d6:lengthi10e4:namei1e12:piece lengthi4e" + pieces3 + "e", errc::bad_name},
      {"d6:lengthi10e4:name0:12:piece lengthi4e" + pieces3 + "e", errc::bad_name},
      {"d6:lengthi10e4:name1:n" + pieces3 + "e", errc::bad_piece_length},
      {"d6:lengthi10e4:name1:n12:piece lengthi0e" + pieces3 + "e", errc::bad_piece_length},
      {"d6:lengthi10e4:name1:n12:piece lengthi-4e" + pieces3 + "e", errc::bad_piece_length},
      {"d6:lengthi10e4:name1:n12:piece lengthi1073741825e" + hashes(1) + "e", errc::bad_piece_length},
      {"d6:lengthi10e4:name1:n12:piece length1:4" + pieces3 + "e", errc::bad_piece_length},
      {single("i-1e"), errc::bad_files},
      {single("i0e", hashes(0)), errc::bad_files},
      {single("2:10"), errc::bad_files},
      {single("i-9223372036854775808e"), errc::bad_files},
      {single("i9223372036854775807e"), errc::too_large},
      {single("i1125899906842624e"), errc::too_large},
      {single("i10e", hashes(2)), errc::bad_pieces},
      {single("i10e", hashes(4)), errc::bad_pieces},
      {single("i10e", "6:pieces59:" + string(59, 'h')), errc::bad_pieces},
      {single("i10e", "6:pieces61:" + string(61, 'h')), errc::bad_pieces},
      {single("i10e", "6:piecesi3e"), errc::bad_pieces},
      {single("i10e", ""), errc::bad_pieces},
      {"d12:meta versioni2e4:name1:n12:piece lengthi16384ee", errc::only_v2},
      {"d4:name1:n12:piece lengthi4e" + pieces3 + "e", errc::bad_files},
      {"d5:filesle6:lengthi10e4:name1:n12:piece lengthi4e" + pieces3 + "e", errc::bad_files},
      {"d5:filesi1e4:name1:n12:piece lengthi4e" + pieces3 + "e", errc::bad_files},
      {"d5:filesde4:name1:n12:piece lengthi4e" + pieces3 + "e", errc::bad_files},
      {multi(""), errc::bad_files},
      {multi("i1e"), errc::bad_files},
      {multi("de"), errc::bad_files},
      {multi(file("10", {})), errc::bad_files},
      {multi(file("-1", {"a"}) + file("11", {"b"})), errc::bad_files},
      {multi("d6:lengthi10e4:path1:ae"), errc::bad_files},
      {multi("d6:lengthi10e4:pathli1eee"), errc::bad_files},
      {multi("d6:lengthi10ee"), errc::bad_files},
      {multi(file("10", vector<string>(257, "d"))), errc::bad_files},
      {multi(file("0", {"a"}), 0), errc::bad_files},
      {multi(file("1125899906842624", {"a"}) + file("1", {"b"})), errc::too_large},
      {multi(file("9223372036854775807", {"a"}) + file("9223372036854775807", {"b"}) + file("12", {"c"})),
       errc::too_large},
  };
  for (const auto& [info, expected] : rows) {
    CAPTURE(info.substr(0, 200));
    CHECK(failure_of_info(info) == expected);
  }
  CHECK(!failure_of_info(multi(file("10", vector<string>(256, "d")))));
}

TEST_CASE("a torrent file that cannot be is refused by name") {
  const auto failure = [](const string& bytes) { return parse_torrent(as_bytes(bytes)).error(); };
  CHECK(failure("") == errc::not_bencoded);
  CHECK(failure(string(100'000, 'l')) == errc::not_bencoded);
  CHECK(failure("i1e") == errc::no_info);
  CHECK(failure("de") == errc::no_info);
  CHECK(failure("d4:infolee") == errc::no_info);
  CHECK(failure(torrent(single()) + "x") == errc::not_bencoded);
  const string good = torrent(single());
  for (std::size_t n = 0; n < good.size(); ++n) {
    REQUIRE(failure(good.substr(0, n)) == errc::not_bencoded);
  }
}

TEST_CASE("a pathological list of files is bounded or refused in linear time") {
  string many;
  for (int i = 0; i < 100'000; ++i) {
    many += file("0", {"same"});
  }
  const auto t = parsed(torrent(multi(many + file("10", {"same"}))));
  CHECK(t.files.files().back().safe_path == "n/same (100001)");
  CHECK(t.files.slices(0, 10).size() == 1);

  string too_many;
  const string one = "d6:lengthi1e4:pathl1:aee";
  too_many.reserve(one.size() * 1'048'577);
  for (int i = 0; i < 1'048'577; ++i) {
    too_many += one;
  }
  CHECK(failure_of_info(multi(too_many)) == errc::too_large);
}

TEST_CASE("URLs that would break a request line, and those beyond a thousand, are left out") {
  string list;
  for (int i = 0; i < 2000; ++i) {
    list += "l" + text("http://t" + to_string(i)) + "e";
  }
  CHECK(parsed(torrent(single(), "13:announce-listl" + list + "e")).trackers.size() == 1000);
  const auto t =
      parsed(torrent(single(),
                     "13:announce-listll" + text("http://t/ HTTP/1.1\r\nX: y") + text("") + "i1eel" +
                         text("http://ok") + "eli2eee",
                     "8:url-listl" + text("http://a b") + text("http://ok") + text(string(5000, 'u')) + "e"));
  CHECK(t.trackers == tracker_tiers{{"http://ok"}});
  CHECK(t.web_seeds == vector<string>{"http://ok"});
}

TEST_CASE("a lone announce is a tier of one, and counts when the list is empty") {
  CHECK(parsed(torrent(single(), "8:announce8:http://a")).trackers == tracker_tiers{{"http://a"}});
  CHECK(parsed(torrent(single(), "8:announce8:http://a13:announce-listllee")).trackers ==
        tracker_tiers{{"http://a"}});
  CHECK(parsed(torrent(single(), "8:announcei1e")).trackers.empty());
}

TEST_CASE("the info dictionary is hashed as it came, canonical or not") {
  const string odd = "d4:name1:n6:lengthi10e12:piece lengthi4e" + hashes(3) + "5:extrai1ee";
  const auto t = parsed(torrent(odd));
  CHECK(t.info_hash.v1 == shoal::sha1(as_bytes(odd)));
  CHECK(parsed(write_torrent(t)) == t);
  CHECK(parse_info(as_bytes(odd)).value().info_hash == t.info_hash);
}

TEST_CASE("what is built is what a reader reads, written canonically") {
  build_request r;
  r.name = "folder";
  r.multi_file = true;
  r.piece_length = 16384;
  file_entry a;
  a.path = {"a b", "\xc3\xa9.bin"};
  a.length = 20'000;
  a.executable = true;
  file_entry pad;
  pad.path = {".pad", "12768"};
  pad.length = 12'768;
  pad.padding = true;
  file_entry b;
  b.path = {"z"};
  b.length = 5;
  r.files = {a, pad, b};
  r.piece_hashes = {shoal::sha1(as_bytes("1")), shoal::sha1(as_bytes("2")), shoal::sha1(as_bytes("3"))};
  r.is_private = true;
  r.trackers = {{"http://a/announce"}, {}, {"http://b/announce", "http://c/announce"}};
  r.web_seeds = {"http://w/"};
  r.comment = "c";
  r.created_by = "shoal";
  r.creation_date = 1;
  const auto t = build(r);
  REQUIRE(t.has_value());
  CHECK(t->piece_hashes == r.piece_hashes);
  CHECK(t->total_bytes() == 32'773);
  CHECK(t->is_private);
  CHECK(t->trackers == tracker_tiers{{"http://a/announce"}, {"http://b/announce", "http://c/announce"}});
  const string written = write_torrent(*t);
  CHECK(parsed(written) == *t);
  CHECK(shoal::bencode::document::parse(as_bytes(written))->is_canonical());

  build_request lone;
  lone.name = "one";
  lone.piece_length = 16384;
  lone.files = {b};
  lone.piece_hashes = {shoal::sha1(as_bytes("1"))};
  const auto one = build(lone);
  REQUIRE(one.has_value());
  CHECK(!one->multi_file);
  CHECK(one->files.files().front().path == vector<string>{"one"});
  CHECK(one->trackers.empty());
}

TEST_CASE("what cannot be a torrent is not built") {
  build_request good;
  good.name = "n";
  good.piece_length = 16384;
  good.files.resize(1);
  good.files.front().length = 1;
  good.piece_hashes.resize(1);
  REQUIRE(build(good).has_value());
  const auto failure = [&](auto change) {
    build_request r = good;
    change(r);
    return build(r).error();
  };
  CHECK(failure([](auto& r) { r.name.clear(); }) == errc::bad_name);
  CHECK(failure([](auto& r) { r.piece_length = 8192; }) == errc::bad_piece_length);
  CHECK(failure([](auto& r) { r.piece_length = 16385; }) == errc::bad_piece_length);
  CHECK(failure([](auto& r) { r.piece_length = 0x80000000U; }) == errc::bad_piece_length);
  CHECK(failure([](auto& r) { r.piece_hashes.resize(2); }) == errc::bad_pieces);
  CHECK(failure([](auto& r) { r.files.clear(); }) == errc::bad_files);
  CHECK(failure([](auto& r) { r.files.resize(2); }) == errc::bad_files);
  CHECK(failure([](auto& r) { r.files.front().length = 0; }) == errc::bad_files);
  CHECK(failure([](auto& r) { r.files.front().length = ~std::uint64_t{0}; }) == errc::bad_files);
  CHECK(failure([](auto& r) { r.multi_file = true; }) == errc::bad_files);  // no path
}

TEST_CASE("the chosen piece length is a power of two that gives a thousand to two thousand pieces") {
  constexpr std::uint64_t mib = 1024 * 1024;
  CHECK(choose_piece_length(0) == 16384);
  CHECK(choose_piece_length(1) == 16384);
  CHECK(choose_piece_length(256 * mib) == 256 * 1024);
  CHECK(choose_piece_length(1024 * mib) == mib);
  CHECK(choose_piece_length(~std::uint64_t{0}) == 16 * mib);
  for (std::uint64_t total = 32 * mib; total < 16 * mib * 1000; total += total / 7) {
    CAPTURE(total);
    const auto pieces = total / choose_piece_length(total);
    CHECK(pieces >= 1000);
    CHECK(pieces <= 2000);
  }
}
