#include "swarm/connections.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace shoal::swarm {

namespace {

/// BEP 6's example size; also when a peer has so few pieces that the set is worth sending.
constexpr std::uint32_t allowed_fast_pieces = 10;

/// A `have` waits so long for company: on its own it costs as much as a dozen blocks, in packets and wakes.
constexpr duration have_wait_max = std::chrono::milliseconds(100);

/// A new piece matters to it now: it wants nothing of ours yet, or it may ask and has asked for all it can.
bool waits_for_pieces(const peer_state& p) {
  return !p.they_interested || (!p.we_choke && p.uploads.idle() && p.upload_ahead == 0);
}

}  // namespace

connections::connections(state& s, const core_setup& setup)
    : s_(s), book_(setup.settings.book), our_id_(setup.our_id) {
  book_.prefer([this](const endpoint& who) { return worth_of(who); });
}

peer_state* connections::joined(const peer_joined& e) {
  if (e.outgoing && connecting_ > 0) {
    --connecting_;
  }
  auto fresh = std::make_unique<peer_state>();
  fresh->key = e.key;
  fresh->remote = e.remote;
  fresh->id = e.id;
  fresh->outgoing = e.outgoing;
  fresh->fast = e.fast;
  fresh->extended = e.extended;
  fresh->near = e.near;
  fresh->has = bitfield(s_.geometry.piece_count());
  fresh->window = peer::request_window(s_.settings.window);
  fresh->told = static_cast<std::uint32_t>(s_.gained.size());  // the greeting tells them
  fresh->joined_at = fresh->last_received = fresh->last_sent = s_.now;
  if (e.outgoing) {
    fresh->listens_at = e.remote;
    book_.add(s_.now, e.remote, s_.chance);  // known already, unless another brain connected
    book_.busy(e.remote);
  }

  const bool twice = is_duplicate(e);
  const bool full = s_.peers.size() >= s_.settings.peers_max && (twice || !make_room_for(e.remote));
  peer_state& p = s_.peers.add(std::move(fresh));
  if (!s_.running) {
    drop(p, drop_reason::stopping);
  } else if (book_.banned(e.remote.address)) {
    drop(p, drop_reason::banned);
  } else if (e.id == our_id_) {
    book_.forget(e.remote);
    drop(p, drop_reason::duplicate, "ourselves");
  } else if (twice) {
    drop(p, drop_reason::duplicate);
  } else if (full) {
    drop(p, drop_reason::too_many);
  } else {
    greet(p, e.greeted);
    return &p;
  }
  return nullptr;
}

/// Two connections to one peer: when one goes each way, both sides must keep the same one, and they agree on
/// that which the larger peer id made; otherwise the older stays.
bool connections::is_duplicate(const peer_joined& e) {
  bool newcomer_goes = false;
  s_.peers.for_each([&](peer_state& other) {
    if (other.id != e.id) {
      return;
    }
    const bool keep_ours = our_id_ > e.id;
    if (other.outgoing != e.outgoing && e.outgoing == keep_ours) {
      drop(other, drop_reason::duplicate);
    } else {
      newcomer_goes = true;
    }
  });
  return newcomer_goes;
}

void connections::greet(peer_state& p, bool greeted) {
  const auto& have = s_.picker.have();
  if (s_.hiding) {
    p.shown = std::make_unique<bitfield>(s_.geometry.piece_count());
    if (p.fast && !greeted) {
      s_.tell(p, wire::have_none{});
    }
  } else if (greeted) {
    have.for_each([&](piece_index piece) { s_.tell(p, wire::have{piece}); });
  } else if (p.fast && have.all()) {
    s_.tell(p, wire::have_all{});
  } else if (p.fast && have.none()) {
    s_.tell(p, wire::have_none{});
  } else if (!have.none()) {
    s_.tell(p, wire::bitfield_bits{have.to_wire()});
  }
  // Not by a seeder: to all the hosts of one network (the set is made of the first three bytes of the
  // address) it would send the same few pieces, while it advises each of them of others as soon as it serves
  // them.
  if (p.fast && !have.none() && !have.all() && peer::gives_freely(s_.settings.choking.rule)) {
    p.allows_fast =
        allowed_fast_set(p.remote.address, s_.info_hash, s_.geometry.piece_count(), allowed_fast_pieces);
    std::erase_if(p.allows_fast, [&](piece_index piece) { return !have.test(piece); });
    for (const auto piece : p.allows_fast) {
      s_.tell(p, wire::allowed_fast{piece});
    }
  }
}

void connections::left(peer_key key) {
  peer_state* const p = s_.peers.find(key);
  if (p == nullptr) {
    return;
  }
  for (const auto& pending : p->window.take_all()) {
    s_.picker.abandoned(pending.block, key);
  }
  s_.picker.peer_left(p->has);
  s_.look_again = true;
  s_.unchoked -= !p->we_choke && !p->dropping ? 1 : 0;
  if (p->listens_at && !p->dropping) {
    if (p->down.total() + p->up.total() > 0) {
      book_.ended(s_.now, *p->listens_at);
    } else {
      book_.failed(s_.now, *p->listens_at);
    }
  }
  s_.peers.remove(key);
}

void connections::set_pieces(peer_state& p, bitfield has) {
  if (std::exchange(p.told_pieces, true)) {
    oddity(p, "told all its pieces again and again");  // BEP 3 wants it first and once; aria2 says it twice
  }
  s_.picker.peer_left(p.has);
  p.has = std::move(has);
  s_.picker.peer_joined(p.has);
  p.wanted = s_.picker.wanted_in(p.has);
  update_interest(p);
  drop_if_useless(p);
}

void connections::has_bitfield(peer_state& p, const std::vector<std::byte>& bits) {
  auto has = bitfield::from_wire(bits, s_.geometry.piece_count());
  if (!has) {
    violation(p, "bitfield of the wrong size");
    return;
  }
  set_pieces(p, std::move(*has));
}

void connections::has_all(peer_state& p) {
  set_pieces(p, bitfield(s_.geometry.piece_count(), true));
}

void connections::has_none(peer_state& p) {
  set_pieces(p, bitfield(s_.geometry.piece_count()));
}

void connections::has_piece(peer_state& p, piece_index piece) {
  if (!s_.geometry.contains(piece)) {
    violation(p, "have of a piece that does not exist");
    return;
  }
  if (!p.has.set(piece)) {
    oddity(p, "have of the same piece again and again");
    return;
  }
  s_.picker.peer_got(piece);
  if (s_.picker.wants(piece)) {
    ++p.wanted;
    update_interest(p);
  }
  drop_if_useless(p);
}

/// Each counts as an oddity: a peer that loses and gains a piece over and over makes us count and talk.
bool connections::lost_piece(peer_state& p, piece_index piece) {
  if (!s_.geometry.contains(piece)) {
    violation(p, "loss of a piece that does not exist");
    return false;
  }
  oddity(p, "loses its pieces again and again");
  if (p.dropping || !p.has.test(piece)) {
    return false;
  }
  s_.picker.peer_lost(p.has, piece);
  p.has.reset(piece);
  if (s_.picker.wants(piece)) {
    --p.wanted;
    update_interest(p);
  }
  return true;
}

void connections::listens_at(peer_state& p, std::uint16_t port) {
  if (!p.listens_at) {
    p.listens_at = endpoint{p.remote.address, port};
    book_.add(s_.now, *p.listens_at, s_.chance);
    book_.busy(*p.listens_at);
  }
}

void connections::announce_piece(piece_index piece) {
  s_.gained.push_back(piece);
  if (!s_.haves_due) {
    s_.haves_due = s_.now + have_wait_max;
  }
  s_.peers.for_each([&](peer_state& p) {
    if (p.has.test(piece)) {
      --p.wanted;
      update_interest(p);
    } else if (waits_for_pieces(p)) {
      s_.tell_gained(p);
    }
  });
}

void connections::tell_gained_if_due() {
  if (s_.haves_due && s_.now >= *s_.haves_due) {
    s_.haves_due.reset();
    s_.peers.for_each([&](peer_state& p) {
      s_.tell_gained(p);
      if (p.wanted == 0 && !p.they_choke) {
        lose_interest(p);  // it holds a slot for us
      }
    });
  }
}

void connections::recount_interest() {
  s_.peers.for_each([&](peer_state& p) {
    p.wanted = s_.picker.wanted_in(p.has);
    update_interest(p);
  });
}

/// Interest is told at once. Its loss waits for a sweep that finds it still lost after the one before, for in
/// a busy swarm the next piece brings it back; but who has all that it wants says so.
void connections::update_interest(peer_state& p) {
  if (p.wanted > 0) {
    p.losing_interest = false;
    s_.now_askable(p);
    if (!p.we_interested) {
      p.we_interested = true;
      s_.tell(p, wire::interested{});
    }
  } else if (s_.complete()) {
    lose_interest(p);
  }
}

void connections::lose_interest(peer_state& p) {
  if (std::exchange(p.we_interested, false)) {
    s_.tell(p, wire::not_interested{});
  }
}

void connections::drop(peer_state& p, drop_reason reason, std::string_view detail) {
  if (p.dropping) {
    return;
  }
  p.dropping = true;
  s_.unchoked -= p.we_choke ? 0 : 1;
  if (p.listens_at) {
    switch (reason) {
      case drop_reason::both_complete:
      case drop_reason::banned:
        book_.forget(*p.listens_at);
        break;
      case drop_reason::duplicate:
      case drop_reason::stopping:
        break;
      case drop_reason::protocol_violation:
      case drop_reason::too_many:
      case drop_reason::silent:
        book_.failed(s_.now, *p.listens_at);
        break;
    }
  }
  s_.emit(swarm::drop{p.key, reason, detail});
  report r;
  r.what = report::kind::peer_dropped;
  r.peer = p.remote;
  r.reason = reason;
  r.text = detail;
  s_.emit(std::move(r));
}

void connections::oddity(peer_state& p, std::string_view detail) {
  if (++p.oddities > peer::oddities_max) {
    violation(p, detail);
  }
}

void connections::ban(const ip_address& address) {
  book_.ban(address);
  report r;
  r.what = report::kind::peer_banned;
  r.peer.address = address;
  s_.emit(std::move(r));
  s_.peers.for_each([&](peer_state& p) {
    if (p.remote.address == address) {
      drop(p, drop_reason::banned, "sent data that is not the torrent's");
    }
  });
}

void connections::drop_all(drop_reason reason) {
  s_.peers.for_each([&](peer_state& p) { drop(p, reason); });
}

void connections::drop_useless() {
  s_.peers.for_each([&](peer_state& p) { drop_if_useless(p); });
}

void connections::drop_if_useless(peer_state& p) {
  if (s_.complete() && (p.is_seed() || p.upload_only)) {
    drop(p, drop_reason::both_complete);
  }
}

void connections::sweep() {
  s_.peers.for_each([&](peer_state& p) {
    if (s_.now - p.last_received > s_.settings.silence_max) {
      drop(p, drop_reason::silent);
    } else if (s_.now - p.last_sent >= s_.settings.keep_alive_after) {
      s_.tell(p, wire::keep_alive{});
    }
    if (p.wanted == 0 && std::exchange(p.losing_interest, true)) {
      lose_interest(p);
    }
  });
}

}  // namespace shoal::swarm
