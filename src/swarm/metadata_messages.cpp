// What peers say while only a magnet link is known.

#include <utility>

#include <shoal/peer/peer_state.hpp>
#include <shoal/swarm/metadata_core.hpp>
#include <shoal/wire/metadata_message.hpp>
#include <shoal/wire/pex_message.hpp>

#include "swarm/metadata_peer.hpp"

namespace shoal::swarm {

namespace {

/// What a peer may say of its pieces before we know how many there are.
constexpr std::size_t kept_max = 100'000;

}  // namespace

void metadata_core::oddity(peer& p, std::string_view detail) {
  if (++p.oddities > shoal::peer::oddities_max) {
    drop(p, drop_reason::protocol_violation, detail);
  }
}

void metadata_core::handle(const received& e) {
  peer* const p = find(e.key);
  if (p == nullptr || p->dropping) {
    return;
  }
  p->last_received = now_;
  for (const auto& m : e.messages) {
    take(*p, m);
    if (p->dropping) {
      return;
    }
  }
}

void metadata_core::take(peer& p, const wire::message& m) {
  if (const auto* const extended = std::get_if<wire::extended>(&m)) {
    take_extended(p, *extended);
  } else if (const auto* const asked = std::get_if<wire::request>(&m)) {
    oddity(p, "requests for pieces that we never offered");
    if (p.joined.fast && !p.dropping) {
      tell(p, wire::reject_request{asked->block});
    }
  } else if (std::holds_alternative<wire::piece>(m)) {
    oddity(p, "blocks that nobody asked for");
  } else if (!std::holds_alternative<wire::keep_alive>(m) && !std::holds_alternative<wire::unknown>(m) &&
             !std::holds_alternative<wire::port>(m) && !std::holds_alternative<wire::cancel>(m)) {
    keep(p, m);
  }
}

/// What says the same anew takes the place of what it said before.
void metadata_core::keep(peer& p, const wire::message& m) {
  const bool repeats = !std::holds_alternative<wire::have>(m) &&
                       !std::holds_alternative<wire::allowed_fast>(m) &&
                       !std::holds_alternative<wire::suggest_piece>(m);
  if (repeats) {
    std::erase_if(p.said, [&](const wire::message& old) { return old.index() == m.index(); });
  }
  if (p.said.size() >= kept_max) {
    drop(p, drop_reason::protocol_violation, "more said of its pieces than there can be");
    return;
  }
  p.said.push_back(m);
}

void metadata_core::take_extended(peer& p, const wire::extended& m) {
  if (m.id == 0) {
    take_handshake(p, m);
  } else if (m.id == wire::our_ut_metadata_id) {
    take_metadata(p, m);
  } else if (m.id == wire::our_ut_pex_id) {
    take_peers(p, m);
  }
}

/// Whether the torrent is private is not known yet; when it turns out to be, these peers are forgotten.
void metadata_core::take_peers(peer& p, const wire::extended& m) {
  const auto message = wire::decode_pex_message(m.payload);
  std::vector<endpoint> believed;
  if (!message) {
    oddity(p, "peer exchange that cannot be read");
  } else if (!intake_.take(now_, p.joined.remote.address, *message, believed)) {
    oddity(p, "peer exchange more often than once a minute");
  }
  handle(peers_found{believed});
}

void metadata_core::take_handshake(peer& p, const wire::extended& m) {
  const auto hello = wire::decode_extension_handshake(m.payload);
  if (!hello) {
    oddity(p, "extension handshake that cannot be read");
    return;
  }
  keep(p, m);
  if (hello->listen_port && !p.listens_at) {
    p.listens_at = endpoint{p.joined.remote.address, *hello->listen_port};
    book_.add(now_, *p.listens_at, chance_);
    book_.busy(*p.listens_at);
  }
  p.metadata_id = hello->id_of(wire::ut_metadata).value_or(p.metadata_id);
  if (p.metadata_id == 0) {
    fetch_.left(p.joined.key);
  } else if (hello->metadata_size &&
             !fetch_.offered(p.joined.key, p.joined.remote.address, *hello->metadata_size)) {
    refused_bytes_ = *hello->metadata_size;
  }
}

void metadata_core::take_metadata(peer& p, const wire::extended& m) {
  using kind = wire::metadata_message::kind;
  const auto frame = wire::decode_metadata_message(m.payload);
  if (!frame) {
    oddity(p, "metadata message that cannot be read");
    return;
  }
  switch (frame->msg.what) {
    case kind::request:
      oddity(p, "requests for metadata that we never offered");
      if (p.metadata_id != 0 && !p.dropping) {
        tell(p, wire::extended{p.metadata_id, wire::encode({kind::reject, frame->msg.part, 0})});
      }
      return;
    case kind::reject:
      fetch_.rejected(now_, p.joined.key, frame->msg.part);
      return;
    case kind::other:
      return;
    case kind::data:
      break;
  }
  switch (fetch_.received(p.joined.key, frame->msg.part, frame->msg.total_size, frame->data)) {
    case metadata_fetch::verdict::breach:
      drop(p, drop_reason::protocol_violation, "metadata of another length than it told");
      break;
    case metadata_fetch::verdict::unwanted:
      oddity(p, "metadata that nobody asked for");
      break;
    case metadata_fetch::verdict::kept:
    case metadata_fetch::verdict::complete:
    case metadata_fetch::verdict::failed:
      p.useful = true;
      break;
  }
}

}  // namespace shoal::swarm
