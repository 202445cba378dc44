// What can be seen of a torrent's brain from outside.

#include <cassert>

#include "swarm/core_parts.hpp"

namespace shoal::swarm {

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

void torrent_core::fetch_early() const {
  shoal::fetch_early(parts_.get(), sizeof(parts));
}
void torrent_core::fetch_lists_early() const {
  const auto& s = parts_->s;
  s.peers.fetch_early();
  s.picker.fetch_early();
  parts_->schedule.fetch_early();
  if (!s.gained.empty()) {
    shoal::fetch_early(&s.gained.back(), 1);
  }
}
void torrent_core::fetch_peers_early() const {
  constexpr std::size_t hot_bytes = 6 * cache_line;  // up to what they do not look at with every message
  parts_->s.peers.for_each_place([](const peer_state* p) { shoal::fetch_early(p, hot_bytes); });
}
void torrent_core::fetch_queues_early() const {
  parts_->s.peers.for_each_place([](const peer_state* p) {
    p->uploads.fetch_early();
    p->window.fetch_early();
  });
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
