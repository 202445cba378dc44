#pragma once
// The tracker's numbers, for people and for programs.

#include <span>
#include <string>

#include <shoal/announce/announce.hpp>
#include <shoal/base/time.hpp>
#include <shoal/server/tracker_server.hpp>

#include "server/request_counts.hpp"

namespace shoal::server {

struct census {
  tracker_stats stats;
  request_sums http, udp;
  duration uptime{};
};

/// One JSON object, with a line break.
std::string stats_json(const census& c);
/// Prometheus' text format, version 0.0.4. The series are of a fixed number.
std::string metrics_text(const census& c);
/// HTML; `busiest` may be empty.
std::string front_page(const census& c, std::span<const announce::scrape_entry> busiest);

}  // namespace shoal::server
