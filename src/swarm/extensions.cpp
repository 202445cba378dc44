#include "swarm/extensions.hpp"

#include <algorithm>
#include <utility>

#include <shoal/wire/extension.hpp>
#include <shoal/wire/metadata_message.hpp>

#include "swarm/hello.hpp"

namespace shoal::swarm {

namespace {

/// How often one connection may have the metadata, and so many parts more: a peer that goes on asking costs
/// us an uplink that no rate limit covers.
constexpr std::uint32_t servings_max = 2;
constexpr std::uint32_t spare_parts = 16;

}  // namespace

extensions::extensions(state& s, connections& c, peer_exchange& x, const core_setup& setup)
    : s_(s),
      connections_(c),
      exchange_(x),
      punching_(s, c, x),
      client_(setup.client),
      listen_port_(setup.listen_port),
      metadata_(setup.is_private ? nullptr : setup.metadata) {}

void extensions::greet(peer_state& p) {
  exchange_.met(p);
  if (p.extended) {
    say_hello(p);
  }
}

void extensions::tell_wishes() {
  s_.peers.for_each([&](peer_state& p) {
    if (p.extended && p.told_upload_only != s_.complete()) {
      say_hello(p);
    }
  });
}

/// Always all of it: some clients take what a second handshake does not name for gone.
void extensions::say_hello(peer_state& p) {
  auto hello = make_hello(client_, listen_port_, p.remote.address);
  hello.ids.emplace(wire::lt_donthave, wire::our_lt_donthave_id);
  if (metadata_) {
    hello.ids.emplace(wire::ut_metadata, wire::our_ut_metadata_id);
    hello.metadata_size = metadata_->size();
  }
  if (!exchange_.off()) {
    hello.ids.emplace(wire::ut_pex, wire::our_ut_pex_id);
    hello.ids.emplace(wire::ut_holepunch, wire::our_ut_holepunch_id);
  }
  const bool wants_nothing = s_.complete() && !s_.hiding;
  if (wants_nothing || p.told_upload_only) {
    hello.upload_only = p.told_upload_only = wants_nothing;
  }
  s_.tell(p, wire::extended{0, wire::encode(hello)});
}

/// Ids that we have not given are ignored, as BEP 10 wants it.
std::optional<piece_index> extensions::take(peer_state& p, const wire::extended& m) {
  if (m.id == wire::our_lt_donthave_id) {
    return take_dont_have(p, m);
  }
  if (m.id == 0) {
    take_handshake(p, m);
  } else if (m.id == wire::our_ut_metadata_id && metadata_) {
    take_metadata(p, m);
  } else if (m.id == wire::our_ut_pex_id) {
    exchange_.take(p, m);
  } else if (m.id == wire::our_ut_holepunch_id) {
    punching_.take(p, m.payload);
  }
  return std::nullopt;
}

std::optional<piece_index> extensions::take_dont_have(peer_state& p, const wire::extended& m) {
  const auto piece = wire::decode_dont_have(m.payload);
  if (!piece) {
    connections_.oddity(p, "loss of a piece that cannot be read");
    return std::nullopt;
  }
  return connections_.lost_piece(p, *piece) ? piece : std::nullopt;
}

/// A peer may shake hands again to change its mind; what it does not name stays as it was.
void extensions::take_handshake(peer_state& p, const wire::extended& m) {
  const auto hello = wire::decode_extension_handshake(m.payload);
  if (!hello) {
    connections_.oddity(p, "extension handshake that cannot be read");
    return;
  }
  if (hello->client) {
    p.client = *hello->client;
  }
  if (hello->your_address && !std::exchange(p.told_our_address, true)) {
    connections_.seen_as(p.remote.address, *hello->your_address);
  }
  if (hello->requests_max) {
    p.window.limit_to(*hello->requests_max);
  }
  if (hello->listen_port) {
    connections_.listens_at(p, *hello->listen_port);
    exchange_.met(p);
  }
  p.pex_id = hello->id_of(wire::ut_pex).value_or(p.pex_id);
  p.holepunch_id = hello->id_of(wire::ut_holepunch).value_or(p.holepunch_id);
  p.metadata_id = hello->id_of(wire::ut_metadata).value_or(p.metadata_id);
  p.upload_only = hello->upload_only.value_or(p.upload_only);
  connections_.drop_if_useless(p);
}

void extensions::take_metadata(peer_state& p, const wire::extended& m) {
  const auto frame = wire::decode_metadata_message(m.payload);
  if (!frame) {
    connections_.oddity(p, "metadata message that cannot be read");
    return;
  }
  using kind = wire::metadata_message::kind;
  if (frame->msg.what == kind::request) {
    serve_metadata(p, frame->msg.part);
  } else if (frame->msg.what == kind::data) {
    connections_.oddity(p, "metadata that nobody asked for");  // or that came late, after a magnet's fetch
  }
}

void extensions::serve_metadata(peer_state& p, std::uint32_t part) {
  if (p.metadata_id == 0) {
    connections_.oddity(p, "requests for metadata without a way to answer");
    return;
  }
  constexpr std::size_t part_bytes = wire::metadata_part_bytes;
  const auto parts = static_cast<std::uint32_t>((metadata_->size() + part_bytes - 1) / part_bytes);
  wire::metadata_message answer{wire::metadata_message::kind::reject, part, 0};
  byte_view data;
  if (part >= parts) {
    connections_.oddity(p, "requests for metadata beyond its end");
  } else if (p.metadata_parts_served < servings_max * parts + spare_parts) {
    ++p.metadata_parts_served;
    answer.what = wire::metadata_message::kind::data;
    answer.total_size = metadata_->size();
    const byte_view rest = byte_view(*metadata_).subspan(part * part_bytes);
    data = rest.first(std::min(part_bytes, rest.size()));
  } else {
    connections_.oddity(p, "requests for metadata again and again");
  }
  if (!p.dropping) {
    s_.tell(p, wire::extended{p.metadata_id, wire::encode(answer, data)});
  }
}

}  // namespace shoal::swarm
