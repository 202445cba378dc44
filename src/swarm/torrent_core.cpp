#include <cassert>
#include <utility>

#include <shoal/swarm/torrent_core.hpp>

#include "swarm/connections.hpp"
#include "swarm/downloads.hpp"
#include "swarm/extensions.hpp"
#include "swarm/peer_exchange.hpp"
#include "swarm/state.hpp"
#include "swarm/uploads.hpp"

namespace shoal::swarm {

namespace {

constexpr duration sweep_every = std::chrono::seconds(1);

template <class... F>
struct overloaded : F... {
  using F::operator()...;
};
template <class... F>
overloaded(F...) -> overloaded<F...>;

}  // namespace

struct torrent_core::parts {
  explicit parts(core_setup setup)
      : s(setup),
        schedule(setup.trackers, setup.settings.announcing, s.chance),
        links(s, setup),
        exchange(s, links, setup),
        ext(s, links, exchange, setup),
        down(s, links),
        up(s, links) {
    for (std::uint32_t p = 0; p < setup.priorities.size(); ++p) {
      s.picker.set_priority(piece_index(p), setup.priorities[p]);
      some_unwanted = some_unwanted || setup.priorities[p] == 0;
    }
    setup.have.for_each([&](piece_index p) { s.picker.mark_have(p); });
    told_complete = s.complete();
    s.hiding = hid = s.settings.super_seed && s.picker.have().all();
    schedule.set_partial_seed(s.now, told_complete && !s.picker.have().all());
    limit(setup.settings.upload_bytes_per_s, setup.settings.download_bytes_per_s);
  }

  void limit(std::uint64_t upload, std::uint64_t download) {
    s.settings.upload_bytes_per_s = upload;
    s.settings.download_bytes_per_s = download;
    s.upload_bucket.set_rate(upload, s.now);
    s.download_bucket.set_rate(download, s.now);
  }

  // Events.

  void on(const peer_joined& e) {
    if (peer_state* const p = links.joined(e)) {
      ext.greet(*p);
      up.joined(*p);
    }
  }
  void on(const swarm::connect_failed& e) {
    links.connect_failed(e);
    ext.dial_failed(e.remote);
  }
  void on(const peer_left& e) {
    if (peer_state* const p = s.peers.find(e.key)) {
      up.left(*p);
      exchange.left(*p);
    }
    links.left(e.key);
  }
  void on(const received& e);
  void on(const swarm::sent& e) {
    if (peer_state* const p = s.peers.find(e.key)) {
      up.sent(*p, e.bytes);
    }
  }
  void on(const unsent& e) {
    if (peer_state* const p = s.peers.find(e.key)) {
      up.unsent(*p, e.block);
    }
  }
  void on(const piece_verified& e) {
    down.verified(e.piece, e.good);
    check_complete();
  }
  void on(const liar_found& e) { links.ban(e.address); }
  void on(const blocks_loaded& e) {
    for (std::uint32_t nth = 0; nth < e.blocks.size(); ++nth) {
      up.loaded(e.blocks[nth], nth);
    }
  }
  void on(const disk_failed&) { s.disk_ok = false; }
  void on(const disk_recovered&) {
    s.disk_ok = true;
    s.look_again = true;
  }
  void on(const peers_found& e) { links.found(e.peers); }
  void on(const announced& e);
  void on(const swarm::set_limits& e) {
    limit(e.upload_bytes_per_s, e.download_bytes_per_s);
    s.look_again = true;
  }
  void on(const swarm::set_priority& e) {
    s.picker.set_priority(e.piece, e.priority);
    some_unwanted = some_unwanted || e.priority == 0;
    links.recount_interest();
    check_complete();
    s.look_again = true;
  }
  void on(const swarm::set_deadline& e) {
    s.picker.set_deadline(e.piece, e.by);
    s.look_again = true;
  }
  void on(const start&) {
    s.running = true;
    schedule.start(s.now);
    next_sweep = s.now;
  }
  void on(const stop&);
  void on(const tick&) {}

  // Messages.

  void take(peer_state& p, const wire::message& m, std::uint32_t& payloads);
  void take_have(peer_state& p, piece_index piece) {
    links.has_piece(p, piece);
    up.has_piece(p, piece);
  }
  void take_extended(peer_state& p, const wire::extended& m) {
    if (const auto lost = ext.take(p, m)) {
      down.lost(p, *lost);
    }
  }
  void settle();
  void check_complete();
  void announce(const announce_schedule::request& r, std::uint32_t num_want);
  std::uint64_t missing_bytes() const;

  state s;
  announce_schedule schedule;
  connections links;
  peer_exchange exchange;
  extensions ext;
  downloads down;
  uploads up;
  instant next_sweep{};
  bool told_complete = false;
  bool some_unwanted = false;  // some piece has, or had, priority 0
  bool hid = false;            // as a super seeder, to whom nobody has told of the end yet
};

void torrent_core::parts::on(const received& e) {
  peer_state* const p = s.peers.find(e.key);
  if (p == nullptr) {
    return;
  }
  p->last_received = s.now;
  std::uint32_t payloads = 0;
  for (const auto& m : e.messages) {
    if (!p->dropping) {
      take(*p, m, payloads);
    } else if (const auto* const late = std::get_if<wire::piece>(&m)) {
      down.too_late(late->block);
    }
  }
  if (!p->dropping) {
    down.fill(*p);
  }
}

void torrent_core::parts::take(peer_state& p, const wire::message& m, std::uint32_t& payloads) {
  const auto needs_fast = [&](auto&& f) {
    if (p.fast) {
      f();
    } else {
      links.violation(p, "a fast-extension message without the extension");
    }
  };
  std::visit(
      overloaded{
          [&](const wire::piece& v) { down.block(p, v.block, payloads++); },
          [&](const wire::request& v) { up.requested(p, v.block); },
          [&](const wire::have& v) { take_have(p, v.piece); }, [&](const wire::choke&) { down.choked(p); },
          [&](const wire::unchoke&) { down.unchoked(p); }, [&](const wire::interested&) { up.interested(p); },
          [&](const wire::not_interested&) { up.not_interested(p); },
          [&](const wire::cancel& v) { up.cancelled(p, v.block); },
          [&](const wire::bitfield_bits& v) {
            links.has_bitfield(p, v.bits);
            up.has_pieces(p);
          },
          [&](const wire::have_all&) {
            needs_fast([&] { links.has_all(p); });
            up.has_pieces(p);
          },
          [&](const wire::have_none&) {
            needs_fast([&] { links.has_none(p); });
            up.has_pieces(p);
          },
          [&](const wire::reject_request& v) { needs_fast([&] { down.rejected(p, v.block); }); },
          [&](const wire::allowed_fast& v) { needs_fast([&] { down.allowed_fast(p, v.piece); }); },
          [&](const wire::suggest_piece& v) { needs_fast([&] { down.suggested(p, v.piece); }); },
          [&](const wire::extended& v) { take_extended(p, v); }, [&](const wire::keep_alive&) {},
          [&](const wire::port&) {},     // no DHT yet
          [&](const wire::unknown&) {},  // BEP 3 peers ignore what they do not know
      },
      m);
}

void torrent_core::parts::on(const announced& e) {
  report r;
  const bool refused = e.reached && !e.response.failure_reason.empty();
  r.what = e.reached && !refused ? report::kind::tracker_replied : report::kind::tracker_failed;
  r.text = refused ? e.response.failure_reason : e.response.warning;
  const bool current = e.reached ? schedule.answered(s.now, e.ticket, e.response, s.chance)
                                 : schedule.failed(s.now, e.ticket, s.chance);
  if (!current || !s.running) {
    return;
  }
  if (e.response.external_ip) {
    links.seen_as({}, *e.response.external_ip);  // BEP 24; all trackers are one witness
  }
  for (const auto& found : e.response.peers) {
    links.found(std::span(&found.endpoint, 1));
  }
  s.emit(std::move(r));
}

void torrent_core::parts::on(const stop&) {
  s.running = false;
  for (const auto& r : schedule.stop()) {
    announce(r, 0);
  }
  links.drop_all(drop_reason::stopping);
}

void torrent_core::parts::announce(const announce_schedule::request& r, std::uint32_t num_want) {
  s.emit(announce_to{r.ticket, r.url, r.event, num_want, r.tracker_id, s.totals.uploaded, s.totals.downloaded,
                     missing_bytes()});
}

/// What `left` tells a tracker: of the whole torrent, wanted or not.
std::uint64_t torrent_core::parts::missing_bytes() const {
  const auto& have = s.picker.have();
  const piece_index last(s.geometry.piece_count() - 1);
  std::uint64_t here = have.count() * std::uint64_t{s.geometry.piece_length()};
  if (have.test(last)) {
    here -= s.geometry.piece_length() - s.geometry.piece_bytes(last);
  }
  return s.geometry.total_bytes() - here;
}

void torrent_core::parts::check_complete() {
  if (told_complete == s.complete()) {
    return;
  }
  told_complete = s.complete();
  const bool whole = s.picker.have().all();
  schedule.set_partial_seed(s.now, told_complete && !whole);
  if (!whole) {
    ext.tell_wishes();  // who has everything need not say that it wants nothing
  }
  if (!told_complete) {
    return;
  }
  if (whole) {
    schedule.completed(s.now);
  }
  s.emit(report{});
  links.drop_useless();
}

/// After every event: what became possible is done, and what became due.
void torrent_core::parts::settle() {
  if (!s.running) {
    return;
  }
  if (s.now >= next_sweep) {
    next_sweep = s.now + sweep_every;
    links.sweep();
    down.sweep();
    up.sweep();
    exchange.sweep();
    s.look_again = true;
    if (links.lonely()) {
      schedule.want_peers(s.now);
    }
  }
  if (hid && !s.hiding) {
    hid = false;
    ext.tell_wishes();
    report r;
    r.what = report::kind::spread;
    s.emit(std::move(r));
  }
  links.tell_gained_if_due();
  up.round_if_due();
  const auto limited = down.deadline();
  if (s.look_again || (limited && s.now >= *limited)) {
    down.fill_all();
  }
  up.pump();
  links.reach_out();
  while (const auto due = schedule.next(s.now, s.chance)) {
    announce(*due, s.complete() ? s.settings.num_want / 2 : s.settings.num_want);
  }
}

torrent_core::torrent_core(core_setup setup) : parts_(std::make_unique<parts>(std::move(setup))) {}
torrent_core::~torrent_core() = default;
torrent_core::torrent_core(torrent_core&&) noexcept = default;
torrent_core& torrent_core::operator=(torrent_core&&) noexcept = default;

void torrent_core::on(instant now, const event& e) {
  assert(now >= parts_->s.now);
  parts_->s.now = now;
  std::visit([&](const auto& what) { parts_->on(what); }, e);
  parts_->settle();
}

bool torrent_core::poll(action& out) {
  return parts_->s.outbox.take(out);
}

std::optional<instant> torrent_core::deadline() const {
  if (!parts_->s.running) {
    return std::nullopt;
  }
  std::optional<instant> out = parts_->schedule.deadline();
  const auto sooner = [&](std::optional<instant> t) {
    if (t && (!out || *t < *out)) {
      out = t;
    }
  };
  if (!parts_->s.peers.empty()) {
    sooner(parts_->next_sweep);
  }
  sooner(parts_->s.haves_due);
  sooner(parts_->links.deadline());
  sooner(parts_->up.deadline());
  sooner(parts_->down.deadline());
  return out;
}

const piece::picker& torrent_core::pieces() const {
  return parts_->s.picker;
}
const core_totals& torrent_core::totals() const {
  return parts_->s.totals;
}
std::uint64_t torrent_core::wanted_bytes_total() const {
  const auto& s = parts_->s;
  std::uint64_t unwanted = 0;
  for (std::uint32_t p = 0; parts_->some_unwanted && p < s.geometry.piece_count(); ++p) {
    unwanted += s.picker.priority(piece_index(p)) == 0 ? s.geometry.piece_bytes(piece_index(p)) : 0;
  }
  return s.geometry.total_bytes() - unwanted;
}

bool torrent_core::complete() const {
  return parts_->s.complete();
}

std::vector<peer::peer_state*> torrent_core::peers() {
  std::vector<peer::peer_state*> out;
  parts_->s.peers.for_each([&](peer_state& p) { out.push_back(&p); });
  return out;
}

void torrent_core::check() const {
  auto& s = parts_->s;
  s.picker.check();
  s.peers.for_each([&](const peer_state& p) {
    assert(p.wanted == s.picker.wanted_in(p.has));
    assert(p.we_interested || p.wanted == 0);
    assert(p.window.size() <= s.settings.window.requests_max);
    static_cast<void>(p);
  });
  parts_->up.check();
}

bool torrent_core::banned(const ip_address& who) const {
  return parts_->links.banned(who);
}
double torrent_core::download_rate(instant now) {
  return parts_->s.down.bytes_per_s(now);
}
double torrent_core::upload_rate(instant now) {
  return parts_->s.up.bytes_per_s(now);
}

}  // namespace shoal::swarm
