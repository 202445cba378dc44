#include "app/progress.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

#include <shoal/base/units.hpp>

#include "app/text.hpp"

namespace shoal::app {

namespace {

std::string pieces_text(std::uint32_t done, std::uint32_t total) {
  return grouped(done) + "/" + grouped(total) + " pieces";
}

std::string peers_text(const torrent_status& s) {
  const auto peers = counted(s.peers, "peer");
  return s.seeds == 0 ? peers : peers + " (" + counted(s.seeds, "seed") + ")";
}

// Nobody to fetch from: what is being done about it, and what the tracker objects.
std::string search_text(const torrent_status& s) {
  std::string trouble;
  for (const auto& t : s.trackers) {
    if (t.working) return "looking for peers (the tracker knows of none yet)";
    if (!t.message.empty()) trouble = t.message;
  }
  if (!trouble.empty()) return "looking for peers (tracker: " + shortened(printable(trouble), 50) + ")";
  return "looking for peers";
}

std::vector<line_part> downloading_parts(const torrent_status& s) {
  std::vector<line_part> parts{{percent_text(s.bytes_done, s.bytes_total), 0}};
  if (s.peers == 0) {
    parts.push_back({search_text(s), 1});
  } else {
    const auto left = time_left(s);
    parts.push_back({"down " + format_rate(s.down_bytes_per_s), 0});
    parts.push_back({"up " + format_rate(s.up_bytes_per_s), 3});
    parts.push_back({"ETA " + (left ? format_duration(*left) : std::string("--:--")), 1});
    parts.push_back({peers_text(s), 2});
  }
  parts.push_back({pieces_text(s.pieces_done, s.pieces_total), 4});
  return parts;
}

std::vector<line_part> metadata_parts(const torrent_status& s) {
  if (s.peers == 0) return {{"fetching metadata", 0}, {search_text(s), 1}};
  return {{"fetching metadata", 0},
          {s.metadata_total == 0 ? "no peer has it yet" : percent_text(s.metadata_done, s.metadata_total), 0},
          {counted(s.peers, "peer"), 1}};
}

std::vector<line_part> seeding_parts(const torrent_status& s) {
  return {{"seeding", 0},
          {"up " + format_rate(s.up_bytes_per_s), 0},
          {counted(s.peers, "peer"), 1},
          {format_bytes(s.uploaded) + " uploaded", 2}};
}

std::vector<line_part> parts_of(const torrent_status& s) {
  switch (s.state) {
    case torrent_state::fetching_metadata:
      return metadata_parts(s);
    case torrent_state::checking:
      return {{"checking what is on disk", 1}, {std::to_string(static_cast<int>(s.checked * 100)) + "%", 0}};
    case torrent_state::downloading:
      return downloading_parts(s);
    case torrent_state::seeding:
      return seeding_parts(s);
    case torrent_state::paused:
      return {{percent_text(s.bytes_done, s.bytes_total), 1},
              {"paused" + (s.problem ? ": " + printable(s.problem->message()) : std::string()), 0}};
    case torrent_state::stopped:
      break;
  }
  return {{"stopped", 0}};
}

double percent_number(std::uint64_t done, std::uint64_t total) {
  if (total == 0 || done >= total) return 100;
  return std::floor(static_cast<double>(done) / static_cast<double>(total) * 1000) / 10;
}

}  // namespace

std::string fitted(std::vector<line_part> parts, std::size_t columns) {
  const auto joined = [&] {
    std::string out;
    for (const auto& p : parts) {
      out += (out.empty() ? "" : "  ") + p.text;
    }
    return out;
  };
  while (columns_of(joined()) > columns) {
    const auto least = std::max_element(parts.begin(), parts.end(),
                                        [](const auto& a, const auto& b) { return a.rank < b.rank; });
    if (least == parts.end() || least->rank == 0) break;
    parts.erase(least);
  }
  return shortened(joined(), columns);
}

std::string percent_text(std::uint64_t done, std::uint64_t total) {
  const auto tenths = static_cast<int>(std::lround(percent_number(done, total) * 10));
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + "%";
}

std::optional<duration> time_left(const torrent_figures& s) {
  if (s.state == torrent_state::fetching_metadata) return std::nullopt;
  if (s.bytes_done >= s.bytes_total) return duration{};
  if (s.state != torrent_state::downloading || s.down_bytes_per_s < 1) return std::nullopt;
  const double seconds = static_cast<double>(s.bytes_total - s.bytes_done) / s.down_bytes_per_s;
  constexpr double most_s = 100 * 365.0 * 86400;
  return seconds < most_s ? std::optional(from_seconds(seconds)) : std::nullopt;
}

std::string progress_line(const torrent_status& s, std::size_t columns) {
  return fitted(parts_of(s), columns);
}

std::string progress_line(const std::vector<torrent_figures>& all, std::size_t columns) {
  torrent_status sum;
  std::size_t complete = 0;
  bool checking = false;
  bool paused = false;
  for (const auto& s : all) {
    sum.bytes_total += s.bytes_total;
    sum.bytes_done += s.bytes_done;
    sum.down_bytes_per_s += s.down_bytes_per_s;
    sum.up_bytes_per_s += s.up_bytes_per_s;
    sum.peers += s.peers;
    sum.pieces_total += s.pieces_total;
    sum.pieces_done += s.pieces_done;
    sum.uploaded += s.uploaded;
    complete += s.state == torrent_state::seeding ? 1 : 0;
    checking = checking || s.state == torrent_state::checking;
    paused = paused || s.state == torrent_state::paused;
  }
  const bool seeding = complete == all.size();
  sum.state = seeding ? torrent_state::seeding : torrent_state::downloading;
  auto parts = seeding ? seeding_parts(sum) : downloading_parts(sum);
  const auto note = paused ? ", some paused" : checking ? ", some being checked" : "";
  parts.insert(parts.begin(),
               {std::to_string(complete) + " of " + std::to_string(all.size()) + " complete" + note, 2});
  return fitted(std::move(parts), columns);
}

boost::json::object progress_fields(const torrent_figures& s) {
  const auto rate = [](double r) { return static_cast<std::uint64_t>(std::max(0.0, std::round(r))); };
  const auto left = time_left(s);
  const bool known = s.state != torrent_state::fetching_metadata;
  boost::json::object out{{"id", s.id.value()},
                          {"state", to_string(s.state)},
                          {"bytes_done", s.bytes_done},
                          {"bytes_total", s.bytes_total},
                          {"percent", known ? percent_number(s.bytes_done, s.bytes_total) : 0.0},
                          {"pieces_done", s.pieces_done},
                          {"pieces_total", s.pieces_total},
                          {"down_rate", rate(s.down_bytes_per_s)},
                          {"up_rate", rate(s.up_bytes_per_s)},
                          {"downloaded", s.downloaded},
                          {"uploaded", s.uploaded},
                          {"wasted", s.wasted},
                          {"peers", s.peers},
                          {"seeds", s.seeds},
                          {"eta_s", nullptr},
                          {"copies", std::round(s.distributed_copies * 1000) / 1000}};
  if (left) out["eta_s"] = static_cast<std::int64_t>(std::ceil(to_seconds(*left)));
  return out;
}

boost::json::array ledger_fields(const std::vector<peer_total>& ledger) {
  boost::json::array out;
  for (const auto& p : ledger) {
    out.emplace_back(boost::json::object{{"address", p.address.to_string()},
                                         {"client", printable(p.client)},
                                         {"downloaded", p.downloaded},
                                         {"uploaded", p.uploaded}});
  }
  return out;
}

std::vector<std::string> ledger_lines(std::vector<peer_total> ledger, std::size_t rows_max) {
  std::erase_if(ledger, [](const peer_total& p) { return p.downloaded == 0; });
  std::sort(ledger.begin(), ledger.end(), [](const peer_total& a, const peer_total& b) {
    return std::tie(b.downloaded, a.address) < std::tie(a.downloaded, b.address);
  });
  std::vector<std::string> out;
  for (std::size_t i = 0; i < std::min(rows_max, ledger.size()); ++i) {
    const auto& p = ledger[i];
    const auto size = format_bytes(p.downloaded);
    const auto client = p.client.empty() ? std::string() : " (" + shortened(printable(p.client), 40) + ")";
    out.push_back(std::string(size.size() < 12 ? 12 - size.size() : 0, ' ') + size + " from " +
                  p.address.to_string() + client);
  }
  if (ledger.size() > rows_max) {
    out.push_back("  and less from " + counted(ledger.size() - rows_max, "other"));
  }
  return out;
}

}  // namespace shoal::app
