#include <algorithm>
#include <limits>

#include <shoal/announce/udp.hpp>

namespace shoal::announce::udp {

namespace {

void write_head(action a, std::uint32_t transaction_id, span_writer& out) {
  out.u32(static_cast<std::uint32_t>(a));
  out.u32(transaction_id);
}

std::uint32_t as_u32(std::uint64_t count) {
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(count, std::numeric_limits<std::uint32_t>::max()));
}

announce_response read_announce(byte_reader& in, bool v6) {
  announce_response r;
  r.interval_s = in.u32();
  r.incomplete = in.u32();
  r.complete = in.u32();
  unpack_peers(in.bytes(in.remaining()), v6 ? 18 : 6, r.peers);
  return r;
}

std::vector<scrape_counts> read_scrape(byte_reader& in) {
  std::vector<scrape_counts> entries;
  while (in.remaining() >= scrape_counts_bytes) {
    scrape_counts c;
    c.complete = in.u32();
    c.downloaded = in.u32();
    c.incomplete = in.u32();
    entries.push_back(c);
  }
  return entries;
}

}  // namespace

result<reply> parse_reply(byte_view datagram, bool v6) {
  byte_reader in(datagram);
  const auto what = static_cast<action>(in.u32());
  const std::uint32_t transaction_id = in.u32();
  if (in.failed()) {
    return errc::bad_datagram;
  }
  switch (what) {
    case action::connect: {
      const connect_reply r{transaction_id, in.u64()};
      return in.failed() ? result<reply>(errc::bad_datagram) : reply(r);
    }
    case action::announce: {
      announce_reply r{transaction_id, read_announce(in, v6)};
      return in.failed() ? result<reply>(errc::bad_datagram) : reply(std::move(r));
    }
    case action::scrape:
      return reply(scrape_reply{transaction_id, read_scrape(in)});
    case action::error:
      return reply(error_reply{transaction_id, std::string(as_text(in.bytes(in.remaining())))});
  }
  return errc::bad_datagram;
}

void write_connect_reply(const connect_reply& r, span_writer& out) {
  write_head(action::connect, r.transaction_id, out);
  out.u64(r.connection_id);
}

void write_announce_reply_head(std::uint32_t transaction_id, std::uint32_t interval_s, std::uint32_t leechers,
                               std::uint32_t seeders, span_writer& out) {
  write_head(action::announce, transaction_id, out);
  out.u32(interval_s);
  out.u32(leechers);
  out.u32(seeders);
}

void write_announce_reply(const announce_reply& r, bool v6, span_writer& out) {
  write_announce_reply_head(r.transaction_id, r.response.interval_s,
                            as_u32(r.response.incomplete.value_or(0)),
                            as_u32(r.response.complete.value_or(0)), out);
  for (const announced_peer& peer : r.response.peers) {
    if (peer.endpoint.address.is_v6() == v6) {
      out.bytes(peer.endpoint.address.bytes());
      out.u16(peer.endpoint.port);
    }
  }
}

void write_scrape_reply_head(std::uint32_t transaction_id, span_writer& out) {
  write_head(action::scrape, transaction_id, out);
}

void write_scrape_counts(const scrape_counts& c, span_writer& out) {
  out.u32(c.complete);
  out.u32(c.downloaded);
  out.u32(c.incomplete);
}

void write_error_reply(std::uint32_t transaction_id, std::string_view message, span_writer& out) {
  write_head(action::error, transaction_id, out);
  out.bytes(as_bytes(message.substr(0, out.room())));
}

}  // namespace shoal::announce::udp
