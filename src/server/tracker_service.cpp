#include "server/tracker_service.hpp"

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>

#include "server/steady_now.hpp"

namespace shoal::server {

namespace {

/// As many as a request of the usual length has room for.
constexpr std::size_t scrape_hashes_max = 250;
constexpr std::size_t packed_v4_bytes = 6;
constexpr std::size_t packed_v6_bytes = 18;
constexpr std::uint32_t over_limit_retry_s = 60;
/// Torrents on the front page, and how long they stay there: to find them takes a look at all.
constexpr std::size_t busiest_shown = 10;
constexpr duration busiest_last = std::chrono::seconds(10);

std::string_view reason_phrase(unsigned status) {
  switch (status) {
    case 404:
      return "there is nothing here; try /announce, /scrape, /stats or /metrics";
    case 405:
      return "only GET is understood here";
    case 414:
    case 431:
      return "the request is too large";
    default:
      return "this is no valid request";
  }
}

http_answer refuse_request(unsigned status, bool v6, std::string& body) {
  body += reason_phrase(status);
  body += '\n';
  return {status, "text/plain", {request_kind::bad, v6, false}, {}};
}

/// A refusal in the tracker's own protocol: status 200, so that clients show the reason.
http_answer refuse(request_label label, std::string_view reason, std::string& body,
                   std::optional<std::uint32_t> retry_in_s = {}) {
  announce::announce_response r;
  r.failure_reason = reason;
  r.retry_in_s = retry_in_s;
  announce::write_announce_response(r, true, true, body);
  label.refused = label.kind != request_kind::bad;
  return {200, "text/plain", label, {}};
}

/// The last of a list of addresses, which is cut off it; nothing when it is none.
std::optional<ip_address> take_last(std::string_view& list) {
  const auto comma = list.rfind(',');
  std::string_view last = comma == std::string_view::npos ? list : list.substr(comma + 1);
  list = comma == std::string_view::npos ? std::string_view() : list.substr(0, comma);
  last.remove_prefix(std::min(last.find_first_not_of(' '), last.size()));
  last = last.substr(0, last.find_last_not_of(' ') + 1);
  if (const auto address = ip_address::parse(last)) {
    return address;
  }
  const auto with_port = endpoint::parse(last);
  return with_port ? std::optional(with_port->address) : std::nullopt;
}

}  // namespace

tracker_service::tracker_service(swarm_shards& swarms, admission& door_keeper, settings s,
                                 std::function<census()> take_census)
    : swarms_(swarms),
      door_keeper_(door_keeper),
      settings_(std::move(s)),
      take_census_(std::move(take_census)) {}

http_answer tracker_service::respond(const http_request& r, const ip_address& from, instant now,
                                     std::string& body) const {
  if (r.refused != 0) {
    return refuse_request(r.refused, from.is_v6(), body);
  }
  const request_target target = read_target(r.target);
  switch (target.what) {
    case resource::announce:
      // An announce changes something, so it is no HEAD.
      return r.head ? refuse_request(405, from.is_v6(), body) : announce(target, r, from, now, body);
    case resource::scrape:
      return scrape(target, from, now, body);
    case resource::page:
      break;
  }
  return show(target.path, from.is_v6(), now, body);
}

std::string_view tracker_service::refusal(std::span<const sha1_digest> info_hashes,
                                          const request_target& target) const {
  if (!door_keeper_.asks_for_credentials()) {
    return {};
  }
  credentials shown = target.shown;
  shown.token = token_in(target.parameters);
  return door_keeper_.refusal(info_hashes, shown, unix_now_ms() / 1000);
}

http_answer tracker_service::announce(const request_target& target, const http_request& r,
                                      const ip_address& from, instant now, std::string& body) const {
  request_label label{request_kind::bad, from.is_v6(), false};
  const auto asked = announce::parse_announce_query(target.parameters);
  if (!asked) {
    return refuse(label, asked.error().message(), body);
  }
  label.kind = kind_of(asked->event);
  const ip_address peer = address_of(*asked, r, from);
  if (!door_keeper_.is_within_limit(now, peer)) {
    return refuse(label, admission::over_limit, body, over_limit_retry_s);
  }
  if (const auto reason = refusal({&asked->info_hash, 1}, target); !reason.empty()) {
    return refuse(label, reason, body);
  }
  if (const auto reason = door_keeper_.refusal(asked->info_hash); !reason.empty()) {
    return refuse(label, reason, body);
  }
  // Threads keep their room, for it is needed again at once.
  thread_local std::vector<std::byte> room;
  const std::size_t v4_bytes = settings_.num_want_max * packed_v4_bytes;
  room.resize(v4_bytes + settings_.num_want_max * packed_v6_bytes);
  registry::peer_room peers{span_writer(std::span(room).first(v4_bytes)),
                            span_writer(std::span(room).subspan(v4_bytes))};
  const auto told = swarms_.announce(now, *asked, {peer, asked->port}, peers);
  if (told.no_room) {
    return refuse(label, registry::no_room_reason, body, told.interval_s);
  }
  announce::announce_response out;
  out.interval_s = told.interval_s;
  out.min_interval_s = told.min_interval_s;
  out.complete = told.complete;
  out.incomplete = told.incomplete;
  out.external_ip = peer;
  if (asked->compact) {
    announce::write_packed_response(out, peers.v4.written(), peers.v6.written(), body);
  } else {
    announce::unpack_peers(peers.v4.written(), packed_v4_bytes, out.peers);
    announce::unpack_peers(peers.v6.written(), packed_v6_bytes, out.peers);
    announce::write_announce_response(out, false, true, body);
  }
  return {200, "text/plain", label, {}};
}

http_answer tracker_service::scrape(const request_target& target, const ip_address& from, instant now,
                                    std::string& body) const {
  const request_label label{request_kind::scrape, from.is_v6(), false};
  const auto hashes = announce::parse_scrape_query(target.parameters, scrape_hashes_max);
  if (!hashes) {
    return refuse({request_kind::bad, from.is_v6(), false}, hashes.error().message(), body);
  }
  if (!door_keeper_.is_within_limit(now, from)) {
    return refuse(label, admission::over_limit, body, over_limit_retry_s);
  }
  if (const auto reason = refusal(*hashes, target); !reason.empty()) {
    return refuse(label, reason, body);
  }
  if (!hashes->empty()) {
    std::vector<announce::scrape_entry> entries;
    entries.reserve(hashes->size());
    for (const sha1_digest& h : *hashes) {
      entries.push_back(swarms_.scrape(h));
    }
    announce::write_scrape_response(entries, body);
    return {200, "text/plain", label, {}};
  }
  if (!settings_.full_scrape) {
    return refuse({request_kind::bad, from.is_v6(), false}, "name the torrents by info_hash", body);
  }
  const std::lock_guard lock(full_scrape_mutex_);
  if (full_scrape_.lock()) {  // one at a time: each takes its memory
    return refuse(label, "all torrents are being told of; try again later", body, over_limit_retry_s);
  }
  http_answer out{200, "text/plain", label, std::make_shared<full_scrape>(swarms_)};
  full_scrape_ = out.parts;
  return out;
}

/// Only where whoever asks is told of all torrents anyhow.
std::vector<announce::scrape_entry> tracker_service::busiest(instant now) const {
  if (!settings_.full_scrape || door_keeper_.asks_for_credentials()) {
    return {};
  }
  const std::lock_guard lock(busiest_mutex_);
  if (!busiest_at_ || now - *busiest_at_ >= busiest_last) {
    busiest_ = swarms_.busiest(busiest_shown);
    busiest_at_ = now;
  }
  return busiest_;
}

http_answer tracker_service::show(std::string_view path, bool v6, instant now, std::string& body) const {
  const request_label label{request_kind::page, v6, false};
  if (path == "/stats") {
    body += stats_json(take_census_());
    return {200, "application/json", label, {}};
  }
  if (path == "/metrics") {
    body += metrics_text(take_census_());
    return {200, "text/plain; version=0.0.4", label, {}};
  }
  if (path == "/health") {
    body += "ok\n";
    return {200, "text/plain", label, {}};
  }
  if (path == "/" || path.empty()) {
    body += front_page(take_census_(), busiest(now));
    return {200, "text/html; charset=utf-8", label, {}};
  }
  return refuse_request(404, v6, body);
}

bool tracker_service::is_trusted(const ip_address& a) const {
  const auto& list = settings_.trusted_proxies;
  return std::find(list.begin(), list.end(), a) != list.end();
}

/// What a trusted proxy says of whom it asks for: those nearer to us wrote theirs behind those farther off,
/// so all behind the last one that is no proxy of ours is to be believed, and nothing before it.
ip_address tracker_service::address_of(const announce::announce_request& a, const http_request& r,
                                       const ip_address& from) const {
  if (settings_.trusted_proxies.empty() || !is_trusted(from)) {
    return from;
  }
  for (std::string_view list = r.forwarded_for; !list.empty();) {
    const auto address = take_last(list);
    if (!address) {
      return from;
    }
    if (!is_trusted(*address)) {
      return *address;
    }
  }
  return a.ip.value_or(from);
}

}  // namespace shoal::server
