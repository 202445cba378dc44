#include "server/udp_answerer.hpp"

#include <algorithm>
#include <limits>
#include <string>
#include <variant>

#include "server/steady_now.hpp"

namespace shoal::server {

namespace udp = announce::udp;

namespace {

std::uint32_t as_u32(std::uint64_t count) {
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(count, std::numeric_limits<std::uint32_t>::max()));
}

}  // namespace

udp_answerer::answer udp_answerer::reply(byte_view datagram, const ip_address& from, instant now,
                                         std::span<std::byte> room) const {
  request_label label{request_kind::bad, from.is_v6(), false};
  const auto asked = udp::parse_ask(datagram);
  if (!asked) {
    return {0, label};
  }
  span_writer out(room);
  if (const auto* const c = std::get_if<udp::connect_ask>(&*asked)) {
    label.kind = request_kind::connect;
    udp::write_connect_reply({c->transaction_id, ids_.issue(now, from)}, out);
    return {out.written().size(), label};
  }
  const auto* const a = std::get_if<udp::announce_ask>(&*asked);
  const auto* const s = std::get_if<udp::scrape_ask>(&*asked);
  label.kind = a != nullptr ? kind_of(a->request.event) : request_kind::scrape;
  const auto reason = refusal(a != nullptr ? a->connection_id : s->connection_id, from, now);
  if (!reason.empty()) {
    label.refused = true;
    if (udp::error_reply_head_bytes + reason.size() <= datagram.size()) {
      udp::write_error_reply(a != nullptr ? a->transaction_id : s->transaction_id, reason, out);
    }
  } else if (a != nullptr) {
    label.refused = !announce(*a, from, now, out);
  } else {
    label.refused = !scrape(*s, out);
  }
  return {out.written().size(), label};
}

std::string_view udp_answerer::refusal(std::uint64_t connection_id, const ip_address& from,
                                       instant now) const {
  if (!ids_.accepts(connection_id, now, from)) {
    return "connection id has expired";
  }
  return door_keeper_.is_within_limit(now, from) ? std::string_view() : admission::over_limit;
}

bool udp_answerer::announce(const udp::announce_ask& a, const ip_address& from, instant now,
                            span_writer& out) const {
  std::string_view reason;
  if (door_keeper_.asks_for_credentials()) {
    const std::string url_data = a.url_data();
    reason = door_keeper_.refusal({&a.request.info_hash, 1}, read_url_data(url_data), unix_now_ms() / 1000);
  }
  if (reason.empty()) {
    reason = door_keeper_.refusal(a.request.info_hash);
  }
  if (!reason.empty()) {
    udp::write_error_reply(a.transaction_id, reason, out);
    return false;
  }
  // The head's numbers are known when the peers behind it have been chosen.
  const auto head_room = out.take(udp::announce_reply_head_bytes);
  const auto peer_room = out.take(out.room());
  const std::span<std::byte> none;
  registry::peer_room peers{span_writer(from.is_v4() ? peer_room : none),
                            span_writer(from.is_v4() ? none : peer_room)};
  const auto told = swarms_.announce(now, a.request, {from, a.request.port}, peers);
  span_writer head(head_room);
  if (told.no_room) {
    out.rewind(0);
    udp::write_error_reply(a.transaction_id, registry::no_room_reason, out);
    return false;
  }
  udp::write_announce_reply_head(a.transaction_id, told.interval_s, told.incomplete, told.complete, head);
  out.rewind(head_room.size() + peers.v4.written().size() + peers.v6.written().size());
  return true;
}

bool udp_answerer::scrape(const udp::scrape_ask& a, span_writer& out) const {
  if (door_keeper_.asks_for_credentials()) {  // for which a scrape by UDP has no place
    udp::write_error_reply(a.transaction_id, "scrape this tracker by HTTP", out);
    return false;
  }
  udp::write_scrape_reply_head(a.transaction_id, out);
  for (std::size_t i = 0; i < a.size(); ++i) {
    const auto entry = swarms_.scrape(a[i]);
    udp::write_scrape_counts({as_u32(entry.complete), as_u32(entry.downloaded), as_u32(entry.incomplete)},
                             out);
  }
  return true;
}

}  // namespace shoal::server
