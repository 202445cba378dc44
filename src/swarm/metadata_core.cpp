#include <algorithm>
#include <cassert>
#include <utility>

#include <shoal/swarm/metadata_core.hpp>
#include <shoal/wire/metadata_message.hpp>
#include <shoal/wire/pex_message.hpp>

#include "swarm/hello.hpp"

namespace shoal::swarm {

namespace {

constexpr duration sweep_every = std::chrono::milliseconds(500);

/// As in `connections`: harmless breaches before a peer is dropped for them.
constexpr std::uint32_t oddities_max = 200;

/// What a peer may say of its pieces before we know how many there are.
constexpr std::size_t kept_max = 100'000;

/// This bit of a ticket says that we asked: the core to come counts its own from zero, and our answers that
/// come late are none of its.
constexpr std::uint32_t our_tickets = 0x80000000;

/// Until the metadata says how much there is to fetch, trackers are told that something is.
constexpr std::uint64_t left_bytes = wire::metadata_part_bytes;

}  // namespace

struct metadata_core::peer {
  peer_joined joined;
  std::optional<endpoint> listens_at;
  std::vector<wire::message> said;
  std::uint8_t metadata_id = 0;
  std::uint32_t oddities = 0;
  instant last_received{};
  instant last_sent{};
  bool useful = false;  // it has sent us a part
  bool dropping = false;
};

metadata_core::metadata_core(metadata_setup setup)
    : setup_(std::move(setup)),
      chance_(setup_.seed),
      schedule_(setup_.trackers, setup_.announcing, chance_),
      book_(setup_.book),
      fetch_(setup_.info_hash, setup_.fetching) {}

metadata_core::~metadata_core() = default;

void metadata_core::on(instant now, const event& e) {
  assert(now >= now_);
  now_ = now;
  std::visit([this](const auto& what) { handle(what); }, e);
  settle();
}

bool metadata_core::poll(action& out) {
  if (outbox_.empty()) {
    return false;
  }
  out = std::move(outbox_.front());
  outbox_.pop_front();
  return true;
}

std::optional<instant> metadata_core::deadline() const {
  return running_ ? std::optional(next_sweep_) : std::nullopt;
}

metadata_core::peer* metadata_core::find(peer_key key) {
  const auto it = std::lower_bound(peers_.begin(), peers_.end(), key,
                                   [](const auto& p, peer_key k) { return p->joined.key < k; });
  return it != peers_.end() && (*it)->joined.key == key ? it->get() : nullptr;
}

void metadata_core::tell(peer& p, wire::message m) {
  p.last_sent = now_;
  emit(send{p.joined.key, std::move(m)});
}

// Connections.

void metadata_core::handle(const start&) {
  running_ = true;
  schedule_.start(now_);
  next_sweep_ = now_;
}

void metadata_core::handle(const stop&) {
  running_ = false;
  for (const auto& r : schedule_.stop()) {
    announce(r, 0);
  }
  for (auto& p : peers_) {
    drop(*p, drop_reason::stopping);
  }
}

void metadata_core::handle(const peer_joined& e) {
  if (e.outgoing && connecting_ > 0) {
    --connecting_;
  }
  const bool twice = is_duplicate(e);
  const bool full = peers_.size() >= setup_.peers_max;
  auto& p = *peers_.emplace_back(std::make_unique<peer>());
  p.joined = e;
  p.last_received = p.last_sent = now_;
  if (e.outgoing) {
    p.listens_at = e.remote;
  }
  if (!running_) {
    drop(p, drop_reason::stopping);
  } else if (book_.banned(e.remote.address)) {
    drop(p, drop_reason::banned);
  } else if (twice || e.id == setup_.our_id) {
    drop(p, drop_reason::duplicate);
  } else if (full) {
    drop(p, drop_reason::too_many);
  } else {
    greet(p);
  }
}

/// The rule of `connections`, so that both sides keep the same one of two connections.
bool metadata_core::is_duplicate(const peer_joined& e) {
  bool newcomer_goes = false;
  for (auto& other : peers_) {
    if (other->dropping || other->joined.id != e.id) {
      continue;
    }
    if (other->joined.outgoing != e.outgoing && e.outgoing == (setup_.our_id > e.id)) {
      drop(*other, drop_reason::duplicate);
    } else {
      newcomer_goes = true;
    }
  }
  return newcomer_goes;
}

void metadata_core::greet(peer& p) {
  if (p.joined.fast) {
    tell(p, wire::have_none{});
  }
  if (p.joined.extended) {
    auto hello = make_hello(setup_.client, setup_.listen_port, p.joined.remote.address);
    hello.ids = {{std::string(wire::ut_metadata), wire::our_ut_metadata_id},
                 {std::string(wire::ut_pex), wire::our_ut_pex_id}};
    tell(p, wire::extended{0, wire::encode(hello)});
  }
}

void metadata_core::handle(const connect_failed& e) {
  if (connecting_ > 0) {
    --connecting_;
  }
  if (e.ourselves) {
    book_.forget(e.remote);
  } else {
    book_.failed(now_, e.remote);
  }
}

void metadata_core::handle(const peer_left& e) {
  peer* const p = find(e.key);
  if (p == nullptr) {
    return;
  }
  fetch_.left(e.key);
  if (p->listens_at && !p->dropping) {
    if (p->useful) {
      book_.ended(now_, *p->listens_at);
    } else {
      book_.failed(now_, *p->listens_at);
    }
  }
  std::erase_if(peers_, [p](const auto& other) { return other.get() == p; });
}

void metadata_core::handle(const peers_found& e) {
  for (const auto& who : e.peers) {
    book_.add(now_, who, chance_);
  }
}

void metadata_core::drop(peer& p, drop_reason reason, std::string_view detail) {
  if (std::exchange(p.dropping, true)) {
    return;
  }
  fetch_.left(p.joined.key);
  if (p.listens_at && reason == drop_reason::banned) {
    book_.forget(*p.listens_at);
  } else if (p.listens_at && reason != drop_reason::duplicate && reason != drop_reason::stopping) {
    book_.failed(now_, *p.listens_at);
  }
  emit(swarm::drop{p.joined.key, reason, detail});
  report r;
  r.what = report::kind::peer_dropped;
  r.peer = p.joined.remote;
  r.reason = reason;
  r.text = detail;
  emit(std::move(r));
}

void metadata_core::oddity(peer& p, std::string_view detail) {
  if (++p.oddities > oddities_max) {
    drop(p, drop_reason::protocol_violation, detail);
  }
}

// Messages.

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

void metadata_core::punish_liars() {
  for (const auto& liar : fetch_.take_liars()) {
    book_.ban(liar);
    report r;
    r.what = report::kind::peer_banned;
    r.peer.address = liar;
    emit(std::move(r));
    for (auto& p : peers_) {
      if (p->joined.remote.address == liar) {
        drop(*p, drop_reason::banned, "sent metadata that is not the torrent's");
      }
    }
  }
}

// Trackers.

void metadata_core::handle(const announced& e) {
  const auto ticket = e.ticket & ~our_tickets;
  const bool current = e.reached ? schedule_.answered(now_, ticket, e.response, chance_)
                                 : schedule_.failed(now_, ticket, chance_);
  if (!current || !running_) {
    return;
  }
  const bool refused = e.reached && !e.response.failure_reason.empty();
  for (const auto& found : e.response.peers) {
    book_.add(now_, found.endpoint, chance_);
  }
  report r;
  r.what = e.reached && !refused ? report::kind::tracker_replied : report::kind::tracker_failed;
  r.text = refused ? e.response.failure_reason : e.response.warning;
  emit(std::move(r));
}

void metadata_core::announce(const announce_schedule::request& r, std::uint32_t num_want) {
  emit(announce_to{r.ticket | our_tickets, r.url, r.event, num_want, r.tracker_id, 0, 0, left_bytes});
}

// Time.

void metadata_core::settle() {
  if (!running_) {
    return;
  }
  if (now_ >= next_sweep_) {
    next_sweep_ = now_ + sweep_every;
    sweep();
  }
  punish_liars();
  ask();
  while (!complete() && connecting_ < setup_.connecting_max &&
         peers_.size() + connecting_ < setup_.peers_max) {
    const auto who = book_.next(now_);
    if (!who) {
      break;
    }
    ++connecting_;
    emit(connect{*who});
  }
  while (const auto due = schedule_.next(now_, chance_)) {
    announce(*due, setup_.num_want);
  }
}

void metadata_core::sweep() {
  constexpr std::size_t few = 5;
  for (auto& p : peers_) {
    if (p->dropping) {
      continue;
    }
    if (now_ - p->last_received > setup_.silence_max) {
      drop(*p, drop_reason::silent);
    } else if (now_ - p->last_sent >= setup_.keep_alive_after) {
      tell(*p, wire::keep_alive{});
    }
  }
  if (!complete() && peers_.size() + connecting_ < few) {
    schedule_.want_peers(now_);
  }
}

void metadata_core::ask() {
  std::vector<metadata_fetch::request> requests;
  fetch_.ask(now_, requests);
  for (const auto& r : requests) {
    if (peer* const p = find(r.to)) {
      const auto payload = wire::encode({wire::metadata_message::kind::request, r.part, 0});
      tell(*p, wire::extended{p->metadata_id, payload});
    }
  }
}

// The end.

std::vector<metadata_core::handover> metadata_core::release() {
  running_ = false;
  std::vector<handover> out;
  for (auto& p : std::exchange(peers_, {})) {
    if (!p->dropping) {
      p->joined.greeted = true;
      out.push_back({p->joined, std::move(p->said)});
    }
  }
  return out;
}

std::vector<endpoint> metadata_core::known() const {
  return book_.idle();
}

}  // namespace shoal::swarm
