#include <algorithm>
#include <cassert>
#include <utility>

#include <shoal/swarm/metadata_core.hpp>
#include <shoal/wire/metadata_message.hpp>

#include "swarm/hello.hpp"
#include "swarm/metadata_peer.hpp"

namespace shoal::swarm {

namespace {

constexpr duration magnet_sweep_every = std::chrono::milliseconds(500);

/// This bit of a ticket says that we asked: the core to come counts its own from zero, and our answers that
/// come late are none of its.
constexpr std::uint32_t our_tickets = 0x80000000;

/// Until the metadata says how much there is to fetch, trackers are told that something is.
constexpr std::uint64_t left_bytes = wire::metadata_part_bytes;

}  // namespace

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
  return outbox_.take(out);
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
    next_sweep_ = now_ + magnet_sweep_every;
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
