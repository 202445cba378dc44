#include "server/tracker_service.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "server/steady_now.hpp"

namespace shoal::server {

namespace {

constexpr std::size_t full_scrape_swarms_max = 10'000;

template <class... F>
struct overloaded : F... {
  using F::operator()...;
};
template <class... F>
overloaded(F...) -> overloaded<F...>;

/// A refusal in the tracker's own protocol: status 200, so that clients show the reason.
page failure_page(std::string_view reason) {
  page out;
  announce::write_failure(reason, out.body);
  out.bad = true;
  return out;
}

/// "http://host/path" is a target too (RFC 9112, 3.2.2), sent by proxies.
std::string_view without_origin(std::string_view target) {
  const auto mark = target.find("://");
  if (target.starts_with('/') || mark == std::string_view::npos) {
    return target;
  }
  const auto path = target.find_first_of("/?", mark + 3);
  return path == std::string_view::npos ? "/" : target.substr(path);
}

std::string_view reason_phrase(unsigned status) {
  switch (status) {
    case 404:
      return "there is nothing here; try /announce, /scrape or /stats";
    case 405:
      return "only GET is understood here";
    case 414:
    case 431:
      return "the request is too large";
    default:
      return "this is no valid request";
  }
}

}  // namespace

tracker_service::tracker_service(const registry::table_settings& s, std::uint64_t seed, bool full_scrape)
    : table_(s, seed), full_scrape_(full_scrape), started_(steady_now()) {}

page tracker_service::refusal(unsigned status) {
  page out;
  out.status = status;
  out.body = std::string(reason_phrase(status)) + "\n";
  out.bad = true;
  return out;
}

question tracker_service::read(std::string_view target) const {
  target = without_origin(target);
  const auto mark = std::min(target.find('?'), target.size());
  const std::string_view path = target.substr(0, mark);
  const std::string_view parameters = target.substr(std::min(mark + 1, target.size()));
  if (path == "/announce") {
    auto request = announce::parse_announce_query(parameters);
    return request ? question(ask_announce{std::move(*request)}) : failure_page(request.error().message());
  }
  if (path == "/scrape") {
    auto hashes = announce::parse_scrape_query(parameters);
    if (!hashes) {
      return failure_page(hashes.error().message());
    }
    if (hashes->empty()) {
      return full_scrape_ ? question(ask_full_scrape{}) : failure_page("name the torrents by info_hash");
    }
    return ask_scrape{std::move(*hashes)};
  }
  if (path == "/stats") {
    return ask_stats{};
  }
  if (path == "/" || path.empty()) {
    page hello;
    hello.body = "shoal " SHOAL_VERSION " tracker: announce at /announce, numbers at /stats\n";
    return hello;
  }
  return refusal(404);
}

void tracker_service::answer(std::span<query> batch, const ip_address& from) {
  const std::lock_guard lock(mutex_);
  const instant now = steady_now();  // under the lock, so that the table's time does not go back
  for (query& q : batch) {
    std::visit(overloaded{
                   [](const page&) {},
                   [&](const ask_announce& a) {
                     q.found = table_.announce(now, a.request, endpoint{from, a.request.port});
                   },
                   [&](const ask_scrape& a) {
                     auto& entries = q.found.emplace<std::vector<announce::scrape_entry>>();
                     entries.reserve(a.hashes.size());
                     for (const sha1_digest& h : a.hashes) {
                       entries.push_back(table_.scrape(h));
                     }
                   },
                   [&](ask_full_scrape) { q.found = table_.scrape_all(full_scrape_swarms_max); },
                   [&](ask_stats) { q.found = table_.totals(); },
               },
               q.asked);
  }
}

void tracker_service::write(const query& q, std::uint64_t connections, std::string& body) const {
  std::visit(overloaded{
                 [&](std::monostate) { body += std::get<page>(q.asked).body; },
                 [&](const announce::announce_response& r) {
                   const auto& request = std::get<ask_announce>(q.asked).request;
                   announce::write_announce_response(r, request.compact, request.no_peer_id, body);
                 },
                 [&](const std::vector<announce::scrape_entry>& entries) {
                   announce::write_scrape_response(entries, body);
                 },
                 [&](const registry::table_totals& t) { body += stats_json(t, connections); },
             },
             q.found);
}

std::string tracker_service::stats_json(const registry::table_totals& t, std::uint64_t connections) const {
  const boost::json::object stats{
      {"version", SHOAL_VERSION},
      {"uptime_s", std::chrono::duration_cast<std::chrono::seconds>(steady_now() - started_).count()},
      {"swarms", t.swarms},
      {"seeders", t.seeders},
      {"leechers", t.leechers},
      {"announces", t.announces},
      {"completed", t.completed},
      {"expired", t.expired},
      {"connections", connections},
      {"requests", requests()},
      {"bad_requests", bad_requests()},
  };
  return boost::json::serialize(stats) + "\n";
}

void tracker_service::expire(instant now) {
  const std::lock_guard lock(mutex_);
  table_.expire(now);
}

registry::table_totals tracker_service::totals() const {
  const std::lock_guard lock(mutex_);
  return table_.totals();
}

void tracker_service::count_request(bool bad) {
  requests_.fetch_add(1, std::memory_order_relaxed);
  if (bad) {
    bad_requests_.fetch_add(1, std::memory_order_relaxed);
  }
}

std::string_view content_type(const question& q) {
  if (std::holds_alternative<ask_stats>(q)) {
    return "application/json";
  }
  const page* const p = std::get_if<page>(&q);
  return p != nullptr ? p->content_type : "text/plain";
}

unsigned status(const question& q) {
  const page* const p = std::get_if<page>(&q);
  return p != nullptr ? p->status : 200;
}

bool is_bad(const question& q) {
  const page* const p = std::get_if<page>(&q);
  return p != nullptr && p->bad;
}

}  // namespace shoal::server
