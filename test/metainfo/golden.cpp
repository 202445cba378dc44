#include "proto/golden.hpp"

#include <map>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <shoal/metainfo/builder.hpp>
#include <shoal/metainfo/magnet_link.hpp>
#include <shoal/metainfo/torrent_info.hpp>

namespace {

using golden::field;
using golden::json::object;
using golden::json::value;
using shoal::as_bytes;
using std::string;
using std::vector;
using namespace shoal::metainfo;

const golden::file& vectors() {
  static const golden::file file("metainfo.json");
  return file;
}

errc error_named(const string& name) {
  static const std::map<string, errc> names{
      {"not_bencoded", errc::not_bencoded}, {"no_info", errc::no_info},
      {"bad_name", errc::bad_name},         {"bad_piece_length", errc::bad_piece_length},
      {"bad_pieces", errc::bad_pieces},     {"bad_files", errc::bad_files},
      {"too_large", errc::too_large},       {"only_v2", errc::only_v2},
      {"bad_magnet", errc::bad_magnet},     {"no_info_hash", errc::no_info_hash}};
  return names.at(name);
}

vector<string> texts(const value& list) {
  vector<string> out;
  for (const auto& item : list.as_array()) {
    out.push_back(golden::text_of(item));
  }
  return out;
}
vector<string> texts_at(const object& v, std::string_view name) {
  const auto* const list = field(v, name);
  return list == nullptr ? vector<string>() : texts(*list);
}
string text_at(const object& v, std::string_view name) {
  const auto* const text = field(v, name);
  return text == nullptr ? string() : golden::text_of(*text);
}
bool flag_at(const object& v, std::string_view name) {
  const auto* const flag = field(v, name);
  return flag != nullptr && flag->as_bool();
}
shoal::sha1_digest digest(const value& digits) {
  const auto bytes = golden::unhex(digits);
  return shoal::sha1_digest::from(as_bytes(bytes)).value();
}

build_request request_of(const object& v) {
  build_request r;
  r.name = text_at(v, "name");
  r.multi_file = flag_at(v, "multi_file");
  r.piece_length = v.at("piece_length").to_number<std::uint32_t>();
  for (const auto& digits : v.at("pieces").as_array()) {
    r.piece_hashes.push_back(digest(digits));
  }
  for (const auto& item : v.at("files").as_array()) {
    file_entry f;
    f.path = texts(item.at("path"));
    f.safe_path = golden::text_of(item.at("safe_path"));
    f.length = item.at("length").to_number<std::uint64_t>();
    f.padding = flag_at(item.as_object(), "padding");
    f.executable = flag_at(item.as_object(), "executable");
    r.files.push_back(f);
  }
  r.is_private = flag_at(v, "private");
  if (const auto* const tiers = field(v, "trackers")) {
    for (const auto& tier : tiers->as_array()) {
      r.trackers.push_back(texts(tier));
    }
  }
  r.web_seeds = texts_at(v, "web_seeds");
  r.comment = text_at(v, "comment");
  r.created_by = text_at(v, "created_by");
  if (const auto* const date = field(v, "creation_date")) {
    r.creation_date = date->as_int64();
  }
  return r;
}

void check_equal(const torrent_info& t, const object& v) {
  build_request expected = request_of(v);
  std::uint64_t offset = 0;
  for (auto& f : expected.files) {
    f.offset = offset;
    offset += f.length;
  }
  CHECK(t.info_hash.v1 == digest(v.at("info_hash")));
  CHECK(t.name == expected.name);
  CHECK(t.multi_file == expected.multi_file);
  CHECK(t.piece_length == expected.piece_length);
  CHECK(t.piece_hashes == expected.piece_hashes);
  CHECK(t.files.files() == expected.files);
  CHECK(t.is_private == expected.is_private);
  CHECK(t.trackers == expected.trackers);
  CHECK(t.web_seeds == expected.web_seeds);
  CHECK(t.comment == expected.comment);
  CHECK(t.created_by == expected.created_by);
  CHECK(t.creation_date == expected.creation_date);
}

}  // namespace

TEST_CASE("every row of metainfo's table has a vector") {
  vectors().check_rows();
}

TEST_CASE("torrents are read, and built and written byte for byte") {
  vectors().for_each_vector(
      [](const object& vector) {
        const auto bytes = golden::bytes_of(vector);
        const auto parsed = parse_torrent(as_bytes(bytes));
        REQUIRE(parsed.has_value());
        check_equal(*parsed, vector.at("value").as_object());
        CHECK(parse_torrent(as_bytes(write_torrent(*parsed))).value() == *parsed);
        CHECK(parse_info(parsed->info_bytes).value().info_hash == parsed->info_hash);
        if (golden::is_canonical(vector)) {
          CHECK(write_torrent(*parsed) == bytes);
          const auto built = build(request_of(vector.at("value").as_object()));
          REQUIRE(built.has_value());
          CHECK(write_torrent(*built) == bytes);
        }
      },
      "torrent");
}

TEST_CASE("every prefix of a torrent, and one byte over, is an error") {
  vectors().for_each_vector(
      [](const object& vector) {
        const auto bytes = golden::bytes_of(vector);
        for (std::size_t n = 0; n < bytes.size(); ++n) {
          CAPTURE(n);
          const string prefix = bytes.substr(0, n);
          CHECK(parse_torrent(as_bytes(prefix)).error() == errc::not_bencoded);
        }
        const string over = bytes + 'e';
        CHECK(parse_torrent(as_bytes(over)).error() == errc::not_bencoded);
      },
      "torrent");
}

TEST_CASE("magnet links are read, and written byte for byte") {
  vectors().for_each_vector(
      [](const object& vector) {
        const auto text = golden::bytes_of(vector);
        const auto& v = vector.at("value").as_object();
        magnet_link expected;
        expected.info_hash.v1 = digest(v.at("info_hash"));
        expected.name = text_at(v, "name");
        expected.trackers = texts_at(v, "trackers");
        expected.web_seeds = texts_at(v, "web_seeds");
        expected.peers = texts_at(v, "peers");
        if (const auto* const ranges = field(v, "files")) {
          for (const auto& range : ranges->as_array()) {
            expected.files.push_back(
                {range.at(0).to_number<std::uint32_t>(), range.at(1).to_number<std::uint32_t>()});
          }
        }
        CHECK(parse_magnet(text).value() == expected);
        CHECK(parse_magnet(write_magnet(expected)).value() == expected);
        if (golden::is_canonical(vector)) {
          CHECK(write_magnet(expected) == text);
        }
        for (std::size_t n = 0; n < text.size(); ++n) {
          const string prefix = text.substr(0, n);
          (void)parse_magnet(prefix);
        }
      },
      "magnet");
}

TEST_CASE("metainfo's bad inputs are refused by name") {
  vectors().for_each_rejected([](const object& vector) {
    const auto bytes = golden::bytes_of(vector);
    const bool magnet = golden::text_of(vector.at("message")) == "magnet";
    const auto e = magnet ? parse_magnet(bytes).error() : parse_torrent(as_bytes(bytes)).error();
    CHECK(e == error_named(golden::text_of(vector.at("error"))));
  });
}
