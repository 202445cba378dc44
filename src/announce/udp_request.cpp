#include <algorithm>
#include <array>
#include <limits>
#include <optional>

#include <shoal/announce/udp.hpp>

namespace shoal::announce::udp {

namespace {

/// BEP 41. The other types have a length after them, so that unknown ones can be skipped.
enum class option : std::uint8_t { end = 0, nop = 1, url_data = 2 };
constexpr std::size_t option_data_bytes_max = 255;

/// By their numbers on the wire. BEP 15 ends with stopped; 4 is what clients say where BEP 21 asks for
/// paused.
constexpr std::array events{event::none, event::completed, event::started, event::stopped, event::paused};

std::uint32_t number_of(event e) {
  return static_cast<std::uint32_t>(std::find(events.begin(), events.end(), e) - events.begin());
}

event event_of(std::uint32_t number) {
  return number < events.size() ? events[number] : event::none;
}

void write_head(std::uint64_t connection_id, action a, std::uint32_t transaction_id, byte_writer& out) {
  out.u64(connection_id);
  out.u32(static_cast<std::uint32_t>(a));
  out.u32(transaction_id);
}

void write_url_data(std::string_view text, byte_writer& out) {
  text = text.substr(0, url_data_bytes_max);
  while (!text.empty()) {
    const std::string_view part = text.substr(0, option_data_bytes_max);
    out.u8(static_cast<std::uint8_t>(option::url_data));
    out.u8(static_cast<std::uint8_t>(part.size()));
    out.text(part);
    text.remove_prefix(part.size());
  }
}

template <class Fixed>
Fixed read_fixed(byte_reader& in) {
  return Fixed::from(in.bytes(Fixed::size)).value_or(Fixed{});
}

announce_request read_announce(byte_reader& in) {
  announce_request r;
  r.info_hash = read_fixed<sha1_digest>(in);
  r.peer_id = read_fixed<shoal::peer_id>(in);
  r.downloaded = in.u64();
  r.left = in.u64();
  r.uploaded = in.u64();
  r.event = event_of(in.u32());
  const byte_view ip = in.bytes(4);
  if (const auto address = ip_address::from_bytes(ip); address && !address->is_unspecified()) {
    r.ip = address;
  }
  if (const std::uint32_t key = in.u32(); key != 0) {
    r.key = key;
  }
  if (const std::uint32_t wish = in.u32(); wish <= std::numeric_limits<std::int32_t>::max()) {
    r.num_want = wish;
  }
  r.port = in.u16();
  return r;
}

}  // namespace

std::vector<std::byte> connect_datagram(std::uint32_t transaction_id) {
  std::vector<std::byte> datagram;
  byte_writer out(datagram);
  write_head(protocol_id, action::connect, transaction_id, out);
  return datagram;
}

std::vector<std::byte> announce_datagram(std::uint64_t connection_id, std::uint32_t transaction_id,
                                         const announce_request& r, std::string_view url_data) {
  std::vector<std::byte> datagram;
  byte_writer out(datagram);
  write_head(connection_id, action::announce, transaction_id, out);
  out.bytes(r.info_hash.view());
  out.bytes(r.peer_id.view());
  out.u64(r.downloaded);
  out.u64(r.left);
  out.u64(r.uploaded);
  out.u32(number_of(r.event));
  out.bytes(r.ip && r.ip->is_v4() ? r.ip->bytes() : ip_address().bytes());
  out.u32(r.key.value_or(0));
  constexpr std::uint32_t wish_max = std::numeric_limits<std::int32_t>::max();
  out.u32(r.num_want ? std::min(*r.num_want, wish_max) : std::numeric_limits<std::uint32_t>::max());
  out.u16(r.port);
  write_url_data(url_data, out);
  return datagram;
}

std::vector<std::byte> scrape_datagram(std::uint64_t connection_id, std::uint32_t transaction_id,
                                       std::span<const sha1_digest> hashes) {
  std::vector<std::byte> datagram;
  byte_writer out(datagram);
  write_head(connection_id, action::scrape, transaction_id, out);
  for (const sha1_digest& hash : hashes.first(std::min(hashes.size(), scrape_hashes_max))) {
    out.bytes(hash.view());
  }
  return datagram;
}

result<ask> parse_ask(byte_view datagram) {
  byte_reader in(datagram);
  const std::uint64_t connection_id = in.u64();
  const auto what = static_cast<action>(in.u32());
  const std::uint32_t transaction_id = in.u32();
  if (in.failed()) {
    return errc::bad_datagram;
  }
  if (what == action::connect && connection_id == protocol_id) {
    return ask(connect_ask{transaction_id});
  }
  if (what == action::announce) {
    announce_ask a{connection_id, transaction_id, read_announce(in), {}};
    if (in.failed()) {
      return errc::bad_datagram;
    }
    a.options = in.bytes(in.remaining());
    return ask(std::move(a));
  }
  if (what == action::scrape && in.remaining() >= sha1_digest::size) {
    const std::size_t count = std::min(in.remaining() / sha1_digest::size, scrape_hashes_max);
    return ask(scrape_ask{connection_id, transaction_id, in.bytes(count * sha1_digest::size)});
  }
  return errc::bad_datagram;
}

std::string announce_ask::url_data() const {
  std::string out;
  byte_reader in(options);
  while (in.remaining() > 0) {
    const auto type = static_cast<option>(in.u8());
    if (type == option::end) {
      break;
    }
    if (type == option::nop) {
      continue;
    }
    const byte_view data = in.bytes(in.u8());
    if (type == option::url_data) {
      out += as_text(data);
    }
  }
  return out.substr(0, url_data_bytes_max);
}

}  // namespace shoal::announce::udp
