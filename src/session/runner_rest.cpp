// A torrent that seeds and has nobody to serve rests: its core, and what carries out the core's wishes, are
// taken apart, but for what `core_at_rest` keeps. The next event makes them anew. So thousands of idle
// torrents cost what their files' names cost, and not much more.

#include <utility>

#include "session/torrent_runner.hpp"

namespace shoal {

/// But for trackers and chance, which a core that has rested brings along.
swarm::core_setup torrent_runner::core_setup(bitfield have) const {
  const auto& session = services_.settings;
  swarm::core_setup setup;
  setup.settings.peers_max = session.peers_max;
  setup.settings.upload_slots = session.upload_slots;
  setup.settings.upload_bytes_per_s = upload_rate_;
  setup.settings.download_bytes_per_s = download_rate_;
  setup.settings.picking.sequential = settings_.sequential;
  setup.settings.super_seed = settings_.super_seed;
  setup.settings.announcing.all = session.announce_all;
  setup.settings.book.filter = session.ip_filter;
  setup.settings.once_from_afar = !session.near.is_empty();
  setup.geometry = geometry_;
  setup.info_hash = hash().wire();
  setup.our_id = services_.our_id;
  setup.listen_port = services_.listening.port;
  setup.client = session.user_agent;
  setup.is_private = settings_.info->is_private;
  setup.metadata = {settings_.info, &settings_.info->info_bytes};
  setup.have = std::move(have);
  if (!settings_.file_priorities.empty() || settings_.ends_first) {
    setup.priorities =
        piece_priorities(*settings_.info, geometry_, settings_.file_priorities, settings_.ends_first);
  }
  return setup;
}

/// What carries out the core's wishes.
void torrent_runner::make_hands() {
  assembly_ = std::make_unique<assembly>(services_, strand_, static_cast<assembly_owner&>(*this), store_,
                                         settings_.info, geometry_);
  reader_ = std::make_unique<block_reader>(services_, strand_, static_cast<reader_owner&>(*this), store_,
                                           geometry_);
  if (settings_.resume && !settings_.read_only) {
    resume_ = std::make_unique<resume_keeper>(services_, strand_, store_, hash());
  }
}

void torrent_runner::wake() {
  core_ = std::make_unique<swarm::torrent_core>(core_setup(bitfield(geometry_.piece_count(), true)),
                                                std::move(*at_rest_));
  at_rest_.reset();
  make_hands();
}

/// After a snapshot, which is what is seen of it meanwhile. Not after every event, since waking takes a while
/// when there are many pieces, and others decide how often they call.
void torrent_runner::rest_if_idle() {
  const bool hands_are_free = assembly_ && assembly_->idle() && !assembly_->failing() && reader_->idle() &&
                              (!resume_ || (resume_->idle() && !resume_->problem())) && !retrying_;
  if (!core_ || !hands_are_free || !links_.empty() || opening_.cancelled || !core_->may_rest(steady_now())) {
    return;
  }
  at_rest_ = std::move(*core_).rest();
  core_.reset();
  assembly_.reset();
  reader_.reset();
  resume_.reset();
  store_->close();
}

}  // namespace shoal
