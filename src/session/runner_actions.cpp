// What the core asks for, done: one function an action.

#include <utility>

#include <boost/asio/error.hpp>

#include "session/torrent_runner.hpp"

namespace shoal {

namespace asio = net::asio;

namespace {

/// What a tracker may take to answer; and to hear `stopped`, a part of the shutdown's grace.
constexpr duration tracker_patience = std::chrono::seconds(20);
/// Over UDP what is lost is sent again after 15 s, and then after 30 (BEP 15).
constexpr duration udp_tracker_patience = std::chrono::seconds(60);
constexpr duration farewell = std::chrono::seconds(3);

}  // namespace

torrent_runner::link_record* torrent_runner::link_to_write(peer_key key) {
  const auto found = links_.find(key);
  if (found == links_.end()) {
    return nullptr;
  }
  if (found->second.outbox.empty() && found->second.withdrawn.empty()) {
    dirty_.push_back(key);
  }
  return &found->second;
}

void torrent_runner::act(swarm::send& a) {
  if (auto* const to = link_to_write(a.key)) {
    to->outbox.push_back({std::move(a.message), {}});
  }
}

void torrent_runner::act(swarm::upload& a) {
  if (auto* const to = link_to_write(a.key)) {
    to->outbox.push_back({wire::piece{a.block}, std::move(loaded_in_hand_[a.nth])});
  }
}

void torrent_runner::act(swarm::unsend& a) {
  if (auto* const to = link_to_write(a.key)) {
    to->withdrawn.push_back(a.block);
  }
}

void torrent_runner::act(swarm::connect& a) {
  tasks_.spawn(strand_, dial(a.remote));
}

void torrent_runner::act(swarm::drop& a) {
  const auto found = links_.find(a.key);
  if (found != links_.end()) {
    found->second.outbox.clear();
    found->second.dropped = true;
    found->second.link->close(asio::error::connection_aborted);
  }
}

void torrent_runner::act(swarm::store& a) {
  const auto found = links_.find(a.from);
  const auto from = found != links_.end() ? found->second.remote.address : ip_address();
  assembly_->store(a.block, std::move(batch_in_hand_->blocks[a.nth]), from);
}

void torrent_runner::act(swarm::verify& a) {
  assembly_->verify(a.piece);
}

void torrent_runner::act(swarm::load& a) {
  reader_->load(a.key, a.block);
}

void torrent_runner::act(swarm::announce_to& a) {
  const auto patience = a.url.starts_with("udp://") ? udp_tracker_patience : tracker_patience;
  announcer_.ask(std::move(a), opening_.cancelled ? farewell : patience);
}

void torrent_runner::act(swarm::report& a) {
  switch (a.what) {
    case swarm::report::kind::completed:
      completed_after_ = steady_now() - started_at_;
      set_state(torrent_state::seeding);
      save_resume();
      tell(session_event::kind::torrent_completed, settings_.info->name + " is complete");
      break;
    case swarm::report::kind::spread:
      tell(session_event::kind::torrent_spread,
           settings_.info->name + ": every piece is somewhere else too; super seeding is over");
      break;
    case swarm::report::kind::piece_failed:
      tell(session_event::kind::piece_failed,
           "piece " + std::to_string(a.piece.value()) + " did not match its hash; fetching it again");
      break;
    case swarm::report::kind::peer_banned:
      tell(session_event::kind::peer_banned, a.peer.address.to_string() + " is banned: it sent bad data",
           endpoint{a.peer.address, 0});
      break;
    case swarm::report::kind::peer_dropped:
      tell(session_event::kind::peer_dropped,
           std::string(to_string(a.reason)) + (a.text.empty() ? "" : ": " + a.text), a.peer);
      break;
    case swarm::report::kind::tracker_replied:
    case swarm::report::kind::tracker_failed:
      break;  // told with the URL by the announcer
  }
}

}  // namespace shoal
