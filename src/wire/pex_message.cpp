#include <algorithm>
#include <string>
#include <string_view>

#include <shoal/bencode/bencode.hpp>
#include <shoal/wire/codec.hpp>
#include <shoal/wire/pex_message.hpp>

namespace shoal::wire {
namespace {

// Six keys, and some more of other clients' own.
constexpr bencode::limits pex_limits{.depth_max = 4, .values_max = 64};
constexpr std::size_t port_bytes = 2;

std::string compact(const endpoint& e) {
  std::string out(as_text(e.address.bytes()));
  out += static_cast<char>(e.port >> 8);
  out += static_cast<char>(e.port & 0xff);
  return out;
}

struct written_peers {
  std::string peers, flags;
};

written_peers written(const std::vector<pex_peer>& added, bool v4) {
  written_peers out;
  for (const auto& p : added) {
    if (p.endpoint.address.is_v4() == v4) {
      out.peers += compact(p.endpoint);
      out.flags += static_cast<char>(p.flags);
    }
  }
  return out;
}

std::string written(const std::vector<endpoint>& dropped, bool v4) {
  std::string out;
  for (const auto& e : dropped) {
    out += e.address.is_v4() == v4 ? compact(e) : std::string();
  }
  return out;
}

/// Calls f(endpoint, its place) for each peer of a compact list; false when that is none.
template <class F>
bool read_list(std::string_view list, std::size_t address_bytes, F f) {
  const std::size_t peer_bytes = address_bytes + port_bytes;
  if (list.size() % peer_bytes != 0) {
    return false;
  }
  const std::size_t count = std::min(list.size() / peer_bytes, pex_message::peers_max);
  byte_reader in(as_bytes(list));
  for (std::size_t i = 0; i < count; ++i) {
    const auto address = *ip_address::from_bytes(in.bytes(address_bytes));
    f(endpoint{address, in.u16()}, i);
  }
  return true;
}

}  // namespace

std::vector<std::byte> encode(const pex_message& m) {
  std::string out;
  bencode::writer w(out);
  w.begin_dictionary();
  const auto put = [&w](std::string_view key, const std::string& value) {
    if (!value.empty()) {
      w.key(key).string(value);
    }
  };
  const auto added4 = written(m.added, true);
  const auto added6 = written(m.added, false);
  put("added", added4.peers);
  put("added.f", added4.flags);
  put("added6", added6.peers);
  put("added6.f", added6.flags);
  put("dropped", written(m.dropped, true));
  put("dropped6", written(m.dropped, false));
  w.end();
  const byte_view bytes = as_bytes(out);
  return {bytes.begin(), bytes.end()};
}

result<pex_message> decode_pex_message(byte_view payload) {
  std::size_t consumed = 0;
  const auto document = bencode::document::parse_prefix(payload, consumed, pex_limits);
  if (document.has_error()) {
    return document.error();
  }
  const auto root = document->root();
  if (!root.is_dictionary()) {
    return errc::bad_extension_message;
  }
  pex_message out;
  const auto text = [&root](std::string_view key) { return root[key].string().value_or(std::string_view()); };
  const auto added = [&](std::string_view key, std::string_view flags_key, std::size_t address_bytes) {
    const auto flags = text(flags_key);
    return read_list(text(key), address_bytes, [&](const endpoint& e, std::size_t i) {
      out.added.push_back({e, i < flags.size() ? static_cast<std::uint8_t>(flags[i]) : std::uint8_t{0}});
    });
  };
  const auto dropped = [&](std::string_view key, std::size_t address_bytes) {
    return read_list(text(key), address_bytes,
                     [&](const endpoint& e, std::size_t) { out.dropped.push_back(e); });
  };
  if (!added("added", "added.f", 4) || !added("added6", "added6.f", 16) || !dropped("dropped", 4) ||
      !dropped("dropped6", 16)) {
    return errc::bad_extension_message;
  }
  return out;
}

}  // namespace shoal::wire
