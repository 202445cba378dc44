// proto/web_seed.json.

#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <shoal/metainfo/web_seed.hpp>

#include "proto/golden.hpp"

namespace {

using namespace shoal;
using namespace shoal::metainfo;

const golden::file& vectors() {
  static const golden::file it("web_seed.json");
  return it;
}

torrent_info torrent_of(const golden::json::object& value) {
  torrent_info t;
  t.name = golden::text_of(value.at("name"));
  file_entry file;
  if (const auto* path = golden::field(value, "path")) {
    t.multi_file = true;
    for (const auto& component : path->as_array()) {
      file.path.push_back(golden::text_of(component));
    }
  } else {
    file.path = {t.name};
  }
  file.length = 1;
  t.files = file_layout({std::move(file)});
  return t;
}

}  // namespace

TEST_CASE("every golden URL of a web seed is made, and every range is read") {
  vectors().check_rows();
  vectors().for_each_vector(
      [](const golden::json::object& vector) {
        const auto& value = vector.at("value").as_object();
        const auto url =
            web_seed_url(golden::text_of(value.at("web_seed")), torrent_of(value), file_index(0));
        CHECK(url == golden::bytes_of(vector));
      },
      "url");
  vectors().for_each_vector(
      [](const golden::json::object& vector) {
        const auto& value = vector.at("value").as_object();
        const auto range = parse_content_range(golden::bytes_of(vector));
        REQUIRE(range);
        CHECK(range->first == value.at("first").to_number<std::uint64_t>());
        CHECK(range->last == value.at("last").to_number<std::uint64_t>());
        CHECK(range->total.has_value() == value.contains("total"));
        if (range->total) {
          CHECK(*range->total == value.at("total").to_number<std::uint64_t>());
        }
      },
      "range");
}

TEST_CASE("what is no range is none") {
  vectors().for_each_rejected(
      [](const golden::json::object& vector) { CHECK_FALSE(parse_content_range(golden::bytes_of(vector))); });
}
