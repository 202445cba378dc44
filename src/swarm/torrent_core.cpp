#include <cassert>
#include <utility>

#include "swarm/core_parts.hpp"

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

/// After every event, or all of one instant: what became possible is done, and what became due.
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
  hear(now, e);
  parts_->settle();
}

void torrent_core::hear(instant now, const event& e) {
  assert(now >= parts_->s.now);
  parts_->s.now = now;
  std::visit([&](const auto& what) { parts_->on(what); }, e);
}

void torrent_core::settle(instant now) {
  assert(now >= parts_->s.now);
  parts_->s.now = now;
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

}  // namespace shoal::swarm
