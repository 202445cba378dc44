#include "server/pages.hpp"

#include <array>
#include <chrono>
#include <string_view>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <shoal/base/hex.hpp>

namespace shoal::server {

namespace {

struct named_kind {
  request_kind kind;
  std::string_view name, event;
};
constexpr std::array named_kinds{
    named_kind{request_kind::announce, "announce", "none"},
    named_kind{request_kind::started, "announce", "started"},
    named_kind{request_kind::completed, "announce", "completed"},
    named_kind{request_kind::stopped, "announce", "stopped"},
    named_kind{request_kind::paused, "announce", "paused"},
    named_kind{request_kind::scrape, "scrape", ""},
    named_kind{request_kind::connect, "connect", ""},
    named_kind{request_kind::page, "page", ""},
    named_kind{request_kind::bad, "bad", ""},
};
static_assert(named_kinds.size() == request_kinds);

/// A metric's help, its type and its lines.
class metrics {
 public:
  void head(std::string_view name, std::string_view type, std::string_view help) {
    out_ += "# HELP ";
    out_ += name;
    out_ += ' ';
    out_ += help;
    out_ += "\n# TYPE ";
    out_ += name;
    out_ += ' ';
    out_ += type;
    out_ += '\n';
  }
  void line(std::string_view name, const std::string& labels, const std::string& value) {
    out_ += name;
    out_ += labels.empty() ? labels : "{" + labels + "}";
    out_ += ' ';
    out_ += value;
    out_ += '\n';
  }
  void one(std::string_view name, std::string_view type, std::string_view help, std::uint64_t value) {
    head(name, type, help);
    line(name, {}, std::to_string(value));
  }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

std::string label(std::string_view name, std::string_view value) {
  return std::string(name) + "=\"" + std::string(value) + "\"";
}

void put_requests(metrics& m, const std::string& protocol, const request_sums& sums) {
  for (const named_kind& k : named_kinds) {
    for (const bool v6 : {false, true}) {
      for (const bool refused : {false, true}) {
        const auto labels = protocol + "," + label("family", v6 ? "ipv6" : "ipv4") + "," +
                            label("kind", k.name) + "," + label("event", k.event) + "," +
                            label("result", refused ? "refused" : "answered");
        m.line("shoal_tracker_requests_total", labels, std::to_string(sums.of({k.kind, v6, refused})));
      }
    }
  }
}

std::string seconds(std::uint64_t us) {
  return std::to_string(static_cast<double>(us) / 1e6);
}

void put_latencies(metrics& m, const std::string& protocol, const request_sums& sums) {
  constexpr std::string_view name = "shoal_tracker_request_seconds";
  std::uint64_t so_far = 0;
  for (std::size_t i = 0; i < sums.latencies.size(); ++i) {
    so_far += sums.latencies[i];
    const auto bound = i < latency_bounds_us.size() ? seconds(latency_bounds_us[i]) : std::string("+Inf");
    m.line(std::string(name) + "_bucket", protocol + "," + label("le", bound), std::to_string(so_far));
  }
  m.line(std::string(name) + "_sum", protocol, seconds(sums.latency_sum_us));
  m.line(std::string(name) + "_count", protocol, std::to_string(so_far));
}

std::int64_t whole_seconds(duration d) {
  return std::chrono::duration_cast<std::chrono::seconds>(d).count();
}

}  // namespace

std::string stats_json(const census& c) {
  const tracker_stats& s = c.stats;
  boost::json::object stats{
      {"version", SHOAL_VERSION},       {"uptime_s", whole_seconds(c.uptime)},
      {"swarms", s.table.swarms},       {"seeders", s.table.seeders},
      {"leechers", s.table.leechers},   {"announces", s.table.announces},
      {"completed", s.table.completed}, {"expired", s.table.expired},
      {"connections", s.connections},   {"requests", s.requests},
      {"bad_requests", s.bad_requests}, {"datagrams", s.datagrams},
      {"memory_bytes", s.table.bytes},
  };
  if (s.store) {
    stats["store"] = {{"connected", s.store->connected},
                      {"sent_bytes", s.store->sent_bytes},
                      {"learnt", s.store->learnt},
                      {"breaks", s.store->breaks}};
  }
  return boost::json::serialize(stats) + "\n";
}

std::string metrics_text(const census& c) {
  metrics m;
  const auto& t = c.stats.table;
  m.one("shoal_tracker_uptime_seconds", "gauge", "Since the start.",
        static_cast<std::uint64_t>(whole_seconds(c.uptime)));
  m.one("shoal_tracker_swarms", "gauge", "Torrents known.", t.swarms);
  m.head("shoal_tracker_peers", "gauge", "Peers known; partial seeds are leechers.");
  m.line("shoal_tracker_peers", label("standing", "seeder"), std::to_string(t.seeders));
  m.line("shoal_tracker_peers", label("standing", "leecher"), std::to_string(t.leechers));
  m.one("shoal_tracker_completed_total", "counter", "Downloads that were completed.", t.completed);
  m.one("shoal_tracker_expired_total", "counter", "Peers that were forgotten for their silence.", t.expired);
  m.one("shoal_tracker_memory_bytes", "gauge", "What torrents and peers take.", t.bytes);
  m.one("shoal_tracker_connections", "gauge", "TCP connections open.", c.stats.connections);
  if (const auto& store = c.stats.store) {
    m.one("shoal_tracker_store_connected", "gauge", "Whether the shared store is there.",
          store->connected ? 1 : 0);
    m.one("shoal_tracker_store_sent_bytes_total", "counter", "News given to the store.", store->sent_bytes);
    m.one("shoal_tracker_store_learnt_total", "counter",
          "Peers' announces to other trackers that were learnt.", store->learnt);
    m.one("shoal_tracker_store_breaks_total", "counter", "Connections to the store lost or not had.",
          store->breaks);
  }
  m.head("shoal_tracker_requests_total", "counter",
         "Requests, by what they were and how they were answered.");
  const auto http = label("protocol", "http");
  const auto udp = label("protocol", "udp");
  put_requests(m, http, c.http);
  put_requests(m, udp, c.udp);
  m.head("shoal_tracker_request_seconds", "histogram", "From a request's reading to its reply's sending.");
  put_latencies(m, http, c.http);
  put_latencies(m, udp, c.udp);
  return m.take();
}

std::string front_page(const census& c, std::span<const announce::scrape_entry> busiest) {
  const auto& t = c.stats.table;
  std::string out =
      "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta http-equiv=\"refresh\" content=\"10\">"
      "<title>shoal tracker</title><style>body{font:16px/1.5 sans-serif;margin:3em "
      "auto;max-width:36em;padding:0 1em}"
      "td,th{padding:.1em 2em .1em 0;text-align:left;font-weight:normal}td+td,th+th{text-align:right}"
      "h2{font-size:1.1em;margin-top:2em}</style><h1>shoal tracker</h1><table>";
  const auto row = [&](std::string_view name, std::uint64_t value) {
    out += "<tr><td>" + std::string(name) + "<td>" + std::to_string(value);
  };
  row("Torrents", t.swarms);
  row("Seeders", t.seeders);
  row("Leechers", t.leechers);
  row("Downloads completed", t.completed);
  row("Announces", t.announces);
  row("Requests by HTTP", c.http.total());
  row("Requests by UDP", c.udp.total());
  row("Connections open", c.stats.connections);
  if (c.stats.store) {
    out += std::string("<tr><td>Shared store<td>") + (c.stats.store->connected ? "there" : "away");
  }
  row("Up for seconds", static_cast<std::uint64_t>(whole_seconds(c.uptime)));
  row("Memory for these, MiB", t.bytes >> 20U);
  if (!busiest.empty()) {
    out +=
        "</table><h2>The busiest torrents</h2><table><tr><th>Info-hash<th>Seeders<th>Leechers<th>Completed";
    for (const auto& one : busiest) {
      out += "<tr><td><code>" + to_hex(one.info_hash.view()) + "</code><td>" + std::to_string(one.complete) +
             "<td>" + std::to_string(one.incomplete) + "<td>" + std::to_string(one.downloaded);
    }
  }
  out += "</table><p>shoal " SHOAL_VERSION
         ". Announce at <code>/announce</code>, by HTTP or UDP. Numbers for programs: <a "
         "href=\"/stats\">JSON</a>, "
         "<a href=\"/metrics\">Prometheus</a>.</html>\n";
  return out;
}

}  // namespace shoal::server
