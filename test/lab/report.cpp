#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

#include <shoal/lab/report.hpp>
#include <shoal/lab/summary.hpp>

#include "lab/sample_result.hpp"

using namespace shoal::lab;
namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// A folder of its own, gone at the end.
struct folder {
  fs::path path = fs::temp_directory_path() / ("shoal-report-" + std::to_string(::getpid()));
  ~folder() { fs::remove_all(path); }
};

}  // namespace

TEST_CASE("a summary counts those who came") {
  const auto r = sample_result(50);
  const auto all = completions(r);
  CHECK(all.joined == 100);
  CHECK(all.completed == 99);
  CHECK(all.gave_up == 1);
  CHECK(all.times_s.size() == 99);
  CHECK(*all.median() == all.times_s[49]);
  CHECK(*all.last() == all.times_s.back());
  CHECK(*all.quantile(0) == all.times_s.front());
  CHECK(completions(r, group_index(1)).completed == 50);
  CHECK_FALSE(completion_summary{}.median());
  CHECK(share_ratios(r, group_index(0)).empty());
  CHECK(share_ratios(r, group_index(2)).size() == 50);
  CHECK(exchanged(r)[0][1] == r.peers[0].given[1]);
}

TEST_CASE("a report is three files that say the same") {
  const folder f;
  std::vector runs{sample_result(300), sample_result(20, 1.5, "crowd.count=20")};
  runs[0].unchoked_s = {{0, 0, 0}, {0, 20, 30}, {0, 40, 50}};
  REQUIRE(write_report(f.path / "new", runs).has_value());
  const auto data = text_of(f.path / "new" / "result.json");
  const auto parsed = json::parse(data);
  const auto& list = parsed.at("runs").as_array();
  REQUIRE(list.size() == 2);
  const auto& first = list[0];
  CHECK(first.at("groups").as_array().size() == 3);
  CHECK(first.at("unchoked_s").at(1).at(2).as_double() == 30);
  CHECK(list[1].at("unchoked_s").is_null());
  CHECK(first.at("all").at("completed").to_number<int>() == 599);
  CHECK(first.at("all").at("times_s").as_array().size() == 513);
  CHECK(first.at("groups").at(1).at("times_s").as_array().size() == 300);
  const auto samples = first.at("series").at("t").as_array().size();
  CHECK(samples == runs[0].series.t_s.size());
  CHECK(first.at("series").at("groups").at(2).at("leeching").as_array().size() == samples);
  CHECK(first.at("availability").at("data").as_string().size() == (samples * 256 + 2) / 3 * 4);

  // The script element with the data ends where it should, whatever names hold.
  const auto page = text_of(f.path / "new" / "report.html");
  CHECK(page.find("@DATA@") == std::string::npos);
  const auto from = page.find("id=\"data\">");
  const auto inside = page.substr(from + 10, page.find("</script>", from) - from - 10);
  CHECK(json::parse(inside) == parsed);

  const auto csv = text_of(f.path / "new" / "peers.csv");
  CHECK(std::count(csv.begin(), csv.end(), '\n') == 1 + 601 + 41);
  CHECK(csv.find("\ncrowd.count=20,0,seeder,0.000,,,8388608.000,") != std::string::npos);
  CHECK(csv.find(",\"slow, \"\"thin\"\"\",") != std::string::npos);
}

TEST_CASE("a folder that cannot be is named") {
  const folder f;
  fs::create_directories(f.path);
  std::ofstream(f.path / "file") << "x";
  const std::vector runs{sample_result(2)};
  const auto done = write_report(f.path / "file" / "report", runs);
  REQUIRE(done.has_error());
  CHECK(done.error().subject.find("file/report") != std::string::npos);
}
