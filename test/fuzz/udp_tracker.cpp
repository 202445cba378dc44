// The UDP tracker protocol, read as a client and as a tracker: what was read, written again, reads the same.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include <shoal/announce/udp.hpp>

#include "fuzz/require.hpp"

namespace {

using namespace shoal;
using namespace shoal::announce;

void check(const udp::connect_ask& a) {
  require(std::get<udp::connect_ask>(udp::parse_ask(udp::connect_datagram(a.transaction_id)).value()) == a);
}

void check(const udp::announce_ask& a) {
  const auto url_data = a.url_data();
  require(url_data.size() <= udp::url_data_bytes_max);
  const auto datagram = udp::announce_datagram(a.connection_id, a.transaction_id, a.request, url_data);
  const auto again = std::get<udp::announce_ask>(udp::parse_ask(datagram).value());
  require(again.connection_id == a.connection_id && again.transaction_id == a.transaction_id);
  require(again.request == a.request && again.url_data() == url_data);
}

void check(const udp::scrape_ask& a) {
  require(a.size() >= 1 && a.size() <= udp::scrape_hashes_max);
  std::vector<sha1_digest> hashes;
  for (std::size_t i = 0; i < a.size(); ++i) {
    hashes.push_back(a[i]);
  }
  const auto datagram = udp::scrape_datagram(a.connection_id, a.transaction_id, hashes);
  require(as_text(std::get<udp::scrape_ask>(udp::parse_ask(datagram).value()).hashes) == as_text(a.hashes));
}

udp::reply rewritten(const udp::reply& r, bool v6, std::size_t room_bytes) {
  std::vector<std::byte> room(room_bytes);
  span_writer out(room);
  if (const auto* const c = std::get_if<udp::connect_reply>(&r)) {
    udp::write_connect_reply(*c, out);
  } else if (const auto* const a = std::get_if<udp::announce_reply>(&r)) {
    udp::write_announce_reply(*a, v6, out);
  } else if (const auto* const s = std::get_if<udp::scrape_reply>(&r)) {
    udp::write_scrape_reply_head(s->transaction_id, out);
    for (const auto& counts : s->entries) {
      udp::write_scrape_counts(counts, out);
    }
  } else {
    const auto& e = std::get<udp::error_reply>(r);
    udp::write_error_reply(e.transaction_id, e.message, out);
  }
  return udp::parse_reply(out.written(), v6).value();
}

/// A mapped address is IPv4, which an IPv6 reply cannot say.
bool is_sayable(const udp::reply& r, bool v6) {
  const auto* const a = std::get_if<udp::announce_reply>(&r);
  if (a != nullptr) {
    for (const auto& peer : a->response.peers) {
      if (peer.endpoint.address.is_v6() != v6) {
        return false;
      }
    }
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = std::as_bytes(std::span(data, size));
  if (const auto asked = udp::parse_ask(input)) {
    std::visit([](const auto& a) { check(a); }, *asked);
  }
  for (const bool v6 : {false, true}) {
    const auto reply = udp::parse_reply(input, v6);
    if (reply && is_sayable(*reply, v6)) {
      require(rewritten(*reply, v6, size) == *reply);
    }
  }
  return 0;
}
