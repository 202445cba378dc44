// What can be seen of a torrent from outside: snapshots, peers, the ledger, events.

#include <chrono>
#include <tuple>
#include <utility>

#include "session/client_name.hpp"
#include "session/torrent_runner.hpp"

namespace shoal {

namespace {

constexpr std::size_t ledger_max = 10'000;

}  // namespace

torrent_status torrent_runner::status() const {
  const std::lock_guard lock(snapshot_mutex_);
  torrent_status out = snapshot_;
  if (started_at_ != instant{} && out.state != torrent_state::stopped) {
    out.since_start = steady_now() - started_at_;
  }
  if (out.state == torrent_state::checking && snapshot_.bytes_total > 0) {
    out.checked = static_cast<double>(opening_.checked_bytes) / static_cast<double>(snapshot_.bytes_total);
  }
  return out;
}

std::shared_ptr<const metainfo::torrent_info> torrent_runner::info() const {
  const std::lock_guard lock(snapshot_mutex_);
  return info_shown_;
}

void torrent_runner::refresh() {
  if (snapshot_holds_) {
    return;
  }
  net::asio::post(strand_, [this] {
    if (!over_ && !at_rest_) {
      take_snapshot();
      rest_if_idle();
    }
  });
}

void torrent_runner::take_snapshot() {
  const instant now = steady_now();
  last_snapshot_ = now;
  torrent_status next;
  next.id = id_;
  next.state = state_;
  next.name = name();
  next.pieces_total = geometry_.piece_count();
  next.bytes_total = geometry_.total_bytes();
  next.problem = problem_;
  next.since_start = now - started_at_;
  next.completed_after = completed_after_;
  if (finder_) {
    next.peers = static_cast<std::uint32_t>(finder_->peers());
    std::tie(next.metadata_done, next.metadata_total) = finder_->progress();
  }
  if (core_) {
    const auto& pieces = core_->pieces();
    const auto& totals = core_->totals();
    next.pieces_done = static_cast<std::uint32_t>(pieces.have().count());
    next.bytes_total = core_->wanted_bytes_total();
    next.bytes_done = next.bytes_total - pieces.wanted_bytes();
    next.downloaded = totals.downloaded;
    next.uploaded = totals.uploaded;
    next.wasted = totals.wasted;
    next.down_bytes_per_s = core_->download_rate(now);
    next.up_bytes_per_s = core_->upload_rate(now);
    next.distributed_copies = pieces.distributed_copies();
    for (const auto* const p : core_->peers()) {
      ++next.peers;
      next.seeds += p->is_seed() ? 1 : 0;
    }
  }
  next.trackers = announcer_.trackers();
  snapshot_holds_ = core_ && links_.empty() && next.down_bytes_per_s == 0 && next.up_bytes_per_s == 0;
  const std::lock_guard lock(snapshot_mutex_);
  snapshot_ = std::move(next);
}

void torrent_runner::set_state(torrent_state s) {
  state_ = s;
  take_snapshot();
}

void torrent_runner::tell(session_event::kind what, std::string text, std::optional<endpoint> peer) {
  services_.emit({what, id_, std::move(text), peer});
}

peer_total& torrent_runner::account(const ip_address& who) {
  const auto found = ledger_.find(who);
  if (found != ledger_.end()) {
    return found->second;
  }
  // A full ledger lumps newcomers together under the unspecified address.
  const auto key = ledger_.size() < ledger_max ? who : ip_address();
  auto& entry = ledger_[key];
  entry.address = key;
  return entry;
}

std::vector<peer_status> torrent_runner::look_at_peers() {
  std::vector<peer_status> out;
  const instant now = steady_now();
  if (!core_) {
    return out;
  }
  for (auto* const p : core_->peers()) {
    peer_status s;
    s.remote = p->remote;
    s.client = p->client.empty() ? client_name(p->id) : p->client;
    s.downloaded = p->down.total();
    s.uploaded = p->up.total();
    s.down_bytes_per_s = p->down.bytes_per_s(now);
    s.up_bytes_per_s = p->up.bytes_per_s(now);
    s.completed = static_cast<double>(p->has.count()) / static_cast<double>(geometry_.piece_count());
    s.outgoing = p->outgoing;
    s.we_choke = p->we_choke;
    s.they_choke = p->they_choke;
    s.we_interested = p->we_interested;
    s.they_interested = p->they_interested;
    s.snubbed = p->window.snubbed();
    out.push_back(std::move(s));
  }
  return out;
}

std::vector<peer_total> torrent_runner::look_at_ledger() {
  std::vector<peer_total> out;
  for (const auto& [address, entry] : ledger_) {
    if (entry.downloaded + entry.uploaded > 0) {
      out.push_back(entry);
    }
  }
  return out;
}

/// Answers on the strand; after the end, when nobody runs there any more, at once.
template <class T>
std::vector<T> torrent_runner::ask(std::vector<T> (torrent_runner::*question)()) {
  if (over_) {
    return (this->*question)();
  }
  auto promise = std::make_shared<std::promise<std::vector<T>>>();
  auto answer = promise->get_future();
  net::asio::post(strand_, [this, question, promise] { promise->set_value((this->*question)()); });
  const bool in_time = answer.wait_for(std::chrono::seconds(1)) == std::future_status::ready;
  return in_time ? answer.get() : std::vector<T>();
}

std::vector<peer_status> torrent_runner::peers() {
  return ask(&torrent_runner::look_at_peers);
}

std::vector<peer_total> torrent_runner::ledger() {
  return ask(&torrent_runner::look_at_ledger);
}

}  // namespace shoal
