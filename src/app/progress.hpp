#pragma once
// A torrent's status as one line for people and as fields for --json.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <shoal/session/session.hpp>

namespace shoal::app {

/// A part of a line; when the line is too wide the part with the highest rank goes first, rank 0 last.
struct line_part {
  std::string text;
  int rank = 0;
};
/// The parts that fit, two spaces between them.
std::string fitted(std::vector<line_part> parts, std::size_t columns);

/// "42.1%", rounded down: 100 % is only said when everything is there.
std::string percent_text(std::uint64_t done, std::uint64_t total);

/// Nothing when there is no telling.
std::optional<duration> time_left(const torrent_figures& s);

/// One torrent: "42.1%  down 55.20 MiB/s  up 3.10 MiB/s  ETA 0:11  5 peers  419/1,024 pieces".
std::string progress_line(const torrent_status& s, std::size_t columns);
/// Several as one: "2 of 3 complete  55.0%  down ...".
std::string progress_line(const std::vector<torrent_figures>& all, std::size_t columns);

boost::json::object progress_fields(const torrent_figures& s);
boost::json::array ledger_fields(const std::vector<peer_total>& ledger);

/// Who gave most, at most `rows_max` of them: "  612.00 MiB from 10.0.0.7 (shoal 0.1.0)".
std::vector<std::string> ledger_lines(std::vector<peer_total> ledger, std::size_t rows_max);

}  // namespace shoal::app
