#include <cerrno>
#include <cmath>
#include <cstdio>
#include <fstream>

#include <shoal/lab/report.hpp>

#include "lab/embedded.hpp"

namespace shoal::lab {

namespace fs = std::filesystem;

namespace {

failure storage_failure(const fs::path& file, int code) {
  return {error(code, boost::system::system_category()), file.string()};
}

/// Beside it first, so that it is whole or not there.
outcome<void> write_whole(const fs::path& file, std::string_view text) {
  const auto beside = fs::path(file.string() + ".part");
  errno = 0;
  std::ofstream out(beside, std::ios::binary | std::ios::trunc);
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
  out.close();
  if (!out) return storage_failure(file, errno != 0 ? errno : EIO);
  std::error_code ec;
  fs::rename(beside, file, ec);
  if (ec) return storage_failure(file, ec.value());
  return {};
}

/// The results stand in a script element: no byte of theirs may end it.
std::string page_with(std::string_view data) {
  constexpr std::string_view mark = "@DATA@";
  const auto page = report_page().front().text();
  const auto at = page.find(mark);
  std::string out(page.substr(0, at));
  for (const char c : data) {
    if (c == '<') {
      out += "\\u003c";
    } else {
      out += c;
    }
  }
  out += page.substr(at + mark.size());
  return out;
}

/// Quoted where the comma-separated format wants it (RFC 4180).
std::string cell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) {
    out += c == '"' ? std::string("\"\"") : std::string(1, c);
  }
  return out + "\"";
}

std::string cell(std::optional<double> n) {
  if (!n || !std::isfinite(*n)) return "";
  char text[48];
  const int length = std::snprintf(text, sizeof text, "%.3f", *n);
  return {text, static_cast<std::size_t>(length)};
}

std::string peers_csv(std::span<const run_result> runs) {
  std::string out = "run,peer,group,joined_s,completed_s,left_s,up_bytes_per_s,given,taken,wasted\n";
  for (const auto& r : runs) {
    const auto name = cell(r.label.empty() ? std::string(r.mode == run_mode::sim ? "sim" : "live") : r.label);
    std::size_t n = 0;
    for (const auto& p : r.peers) {
      out += name + "," + std::to_string(n++) + "," + cell(r.scenario.groups[p.group.index()].name) + "," +
             cell(p.joined_s) + "," + cell(p.completed_s) + "," + cell(p.left_s) + "," +
             cell(p.up_bytes_per_s) + "," + std::to_string(p.given_total()) + "," +
             std::to_string(p.taken_total()) + "," + std::to_string(p.wasted) + "\n";
    }
  }
  return out;
}

}  // namespace

outcome<void> write_report(const fs::path& directory, std::span<const run_result> runs) {
  std::error_code ec;
  fs::create_directories(directory, ec);
  if (ec) return storage_failure(directory, ec.value());
  const auto data = result_json(runs);
  if (auto done = write_whole(directory / "result.json", data + "\n"); done.has_error()) return done;
  if (auto done = write_whole(directory / "peers.csv", peers_csv(runs)); done.has_error()) return done;
  return write_whole(directory / "report.html", page_with(data));
}

}  // namespace shoal::lab
