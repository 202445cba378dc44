#pragma once
// The sides of a torrent's brain and how they are joined. What each event means is in torrent_core.cpp, what
// can be seen from outside in core_looks.cpp, and resting in core_rest.cpp.

#include <shoal/swarm/torrent_core.hpp>

#include "swarm/connections.hpp"
#include "swarm/downloads.hpp"
#include "swarm/extensions.hpp"
#include "swarm/peer_exchange.hpp"
#include "swarm/state.hpp"
#include "swarm/uploads.hpp"

namespace shoal::swarm {

struct torrent_core::parts {
  explicit parts(core_setup setup)
      : s(setup),
        schedule(setup.trackers, setup.settings.announcing, s.chance),
        links(s, setup),
        exchange(s, links, setup),
        ext(s, links, exchange, setup),
        down(s, links, setup.our_id),
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

  /// Goes on after a rest.
  parts(core_setup setup, core_at_rest rested);
  /// See `torrent_core::may_rest`.
  bool may_rest(instant now);

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
      down.joined(*p);
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
      down.left(*p);
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
    down.has_piece(p, piece);
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

}  // namespace shoal::swarm
