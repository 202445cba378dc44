// A torrent that begins as a magnet link: its metadata is found first, and the connections that were made for
// it are handed over to the torrent's core.

#include <utility>

#include <shoal/base/hex.hpp>
#include <shoal/base/units.hpp>

#include "session/torrent_runner.hpp"

namespace shoal {

std::string torrent_runner::name() const {
  if (settings_.info) {
    return settings_.info->name;
  }
  return settings_.magnet->name.empty() ? to_hex(hash().wire().view()) : settings_.magnet->name;
}

/// A link's trackers in the order in which it names them.
swarm::tracker_tiers torrent_runner::trackers_of(const metainfo::magnet_link& link) {
  swarm::tracker_tiers out;
  for (const auto& url : link.trackers) {
    out.push_back({url});
  }
  return out;
}

net::awaitable<void> torrent_runner::find_metadata() {
  swarm::metadata_setup setup;
  setup.peers_max = services_.settings.peers_max;
  setup.book.filter = services_.settings.ip_filter;
  setup.fetching.bytes_max = settings_.metadata_bytes_max;
  setup.info_hash = hash().wire();
  setup.our_id = services_.our_id;
  setup.listen_port = services_.listening.port;
  setup.client = services_.settings.user_agent;
  setup.trackers = settings_.trackers;
  setup.announcing.all = services_.settings.announce_all;
  setup.seed = seed_;
  metadata_here_ =
      std::make_unique<net::asio::steady_timer>(strand_, net::asio::steady_timer::time_point::max());
  finder_ = std::make_unique<swarm::metadata_core>(std::move(setup));
  for (const auto& peer : settings_.magnet->peers) {  // names are the caller's to look up
    if (const auto where = endpoint::parse(peer)) {
      settings_.peers.push_back(*where);
    }
  }
  drive(swarm::peers_found{settings_.peers});
  drive(swarm::start{});
  told_locally_ = true;
  for (auto& e : std::exchange(early_, {})) {
    join_swarm(std::move(e));
  }
  while (!settings_.info && !opening_.cancelled) {
    co_await metadata_here_->async_wait(net::use_tuple);
  }
}

/// After every event: the metadata may have become whole.
void torrent_runner::take_metadata() {
  if (settings_.info || problem_) {
    return;
  }
  if (finder_->refused_bytes() != 0 && !std::exchange(refusal_told_, true)) {
    tell(session_event::kind::warning,
         "a peer offers " + format_bytes(finder_->refused_bytes()) + " of metadata, more than the limit of " +
             format_bytes(settings_.metadata_bytes_max) + "; raise the limit if that is to be believed");
  }
  if (!finder_->complete()) {
    return;
  }
  auto parsed = metainfo::parse_info(finder_->metadata());
  if (!parsed) {
    problem_ = failure{parsed.error(), name()};
    set_state(torrent_state::paused);
    tell(session_event::kind::torrent_paused,
         "the metadata is right by its hash, but " + parsed.error().message());
    return;
  }
  settings_.info = complete_info(std::move(*parsed));
  told_locally_ = false;  // until it is clear that it is not private
  geometry_ = piece::geometry(settings_.info->total_bytes(), settings_.info->piece_length);
  {
    const std::lock_guard lock(snapshot_mutex_);
    info_shown_ = settings_.info;
  }
  set_state(settings_.metadata_only ? torrent_state::stopped : torrent_state::checking);
  tell(
      session_event::kind::metadata_fetched,
      settings_.info->name + ": " + format_bytes(settings_.info->info_bytes.size()) + " of metadata fetched");
  metadata_here_->cancel();
}

/// Turns the user's selection of files, or else the link's, into priorities. False when it was the user's and
/// names no file: then all that is left to do is to say so.
bool torrent_runner::select_files() {
  const bool chosen = !settings_.files.empty();
  const auto selection =
      chosen || !settings_.magnet ? settings_.files : metainfo::file_selection{settings_.magnet->files, {}};
  if (!settings_.file_priorities.empty() || selection.empty()) {
    return true;
  }
  auto priorities = metainfo::select_files(selection, settings_.info->files);
  if (metainfo::selects_any(priorities)) {
    settings_.file_priorities = std::move(priorities);
  } else if (chosen) {
    problem_ = failure{metainfo::errc::no_file_selected, name()};
    set_state(torrent_state::paused);
    tell(session_event::kind::torrent_paused, problem_->message());
    return false;
  }
  return true;
}

/// The metadata says nothing of trackers and web seeds; the link does.
std::shared_ptr<const metainfo::torrent_info> torrent_runner::complete_info(
    metainfo::torrent_info fetched) const {
  fetched.trackers = settings_.trackers;
  fetched.web_seeds = settings_.magnet->web_seeds;
  return std::make_shared<const metainfo::torrent_info>(std::move(fetched));
}

void torrent_runner::hand_over() {
  // In a private torrent (BEP 27) only trackers and people say whom to meet; the trackers will be asked
  // again.
  auto known = settings_.info->is_private ? std::vector<endpoint>() : finder_->known();
  known.insert(known.end(), settings_.peers.begin(), settings_.peers.end());
  auto connections = finder_->release();
  finder_.reset();
  drive(swarm::start{});
  for (const auto& connection : connections) {
    drive(connection.joined);
    drive(swarm::received{connection.joined.key, connection.said});
  }
  drive(swarm::peers_found{known});
}

}  // namespace shoal
