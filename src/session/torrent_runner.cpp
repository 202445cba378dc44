#include "session/torrent_runner.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/defer.hpp>
#include <boost/asio/error.hpp>

namespace shoal {

namespace asio = net::asio;

namespace {

/// Between two tries to write what the disk refused.
constexpr duration disk_retry = std::chrono::seconds(5);
constexpr duration poll_settled = std::chrono::milliseconds(10);

net::awaitable<void> pause(duration how_long) {
  const auto here = co_await asio::this_coro::executor;
  asio::steady_timer timer(here, how_long);
  co_await timer.async_wait(net::use_tuple);
}

}  // namespace

torrent_runner::torrent_runner(torrent_id id, torrent_settings settings, services& s, std::uint64_t seed)
    : id_(id),
      settings_(std::move(settings)),
      services_(s),
      seed_(seed),
      strand_(asio::make_strand(s.context)),
      tasks_(
          strand_,
          [this](std::exception_ptr) { tell(session_event::kind::warning, "a task of the torrent failed"); }),
      announcer_(s, strand_, tasks_, hash().wire(), static_cast<std::uint32_t>(seed),
                 static_cast<announcer_owner&>(*this)),
      alarm_(tasks_.home()),  // `strand_` would be wrapped once more
      upload_rate_(s.settings.upload_rate_max),
      download_rate_(s.settings.download_rate_max) {
  if (settings_.info) {
    geometry_ = piece::geometry(settings_.info->total_bytes(), settings_.info->piece_length);
  } else {
    state_ = torrent_state::fetching_metadata;
  }
  if (settings_.trackers.empty()) {
    settings_.trackers = settings_.info ? settings_.info->trackers : trackers_of(*settings_.magnet);
  }
  snapshot_.id = id_;
  snapshot_.state = state_;
  snapshot_.name = name();
  snapshot_.pieces_total = geometry_.piece_count();
  snapshot_.bytes_total = geometry_.total_bytes();
  info_shown_ = settings_.info;
  started_at_ = steady_now();
}

torrent_runner::~torrent_runner() = default;

// Life.

void torrent_runner::begin() {
  tasks_.spawn(strand_, live());
}

net::awaitable<void> torrent_runner::live() {
  if (!settings_.info) {
    end_turn();  // somebody may have it in a week
    co_await find_metadata();
    if (opening_.cancelled || settings_.metadata_only) {
      co_return;
    }
  }
  if (!select_files()) {
    end_turn();
    co_return;
  }
  const auto open = [this] {
    return open_content(settings_, services_.disk.share(), opening_,
                        [this](std::string text) { tell(session_event::kind::warning, std::move(text)); });
  };
  auto opened = co_await on_disk(services_.disk, open);
  while (opened.has_error() && !opening_.cancelled) {
    end_turn();
    problem_ = opened.error();
    set_state(torrent_state::paused);
    tell(session_event::kind::torrent_paused, opened.error().message());
    co_await pause(disk_retry);
    opened = co_await on_disk(services_.disk, open);
  }
  if (!opening_.cancelled) {
    problem_.reset();
    start_core(std::move(*opened));
  }
  end_turn();
}

void torrent_runner::end_turn() {
  if (!std::exchange(turn_ended_, true)) {
    services_.begin_next();
  }
}

net::awaitable<void> torrent_runner::retry_writing() {
  while (assembly_->failing() && !opening_.cancelled) {
    co_await pause(disk_retry);
    if (assembly_->failing() && !opening_.cancelled) {
      assembly_->retry();
    }
  }
  retrying_ = false;
}

void torrent_runner::start_core(opened_content content) {
  store_ = std::move(content.store);
  uploaded_before_ = content.uploaded_before;
  downloaded_before_ = content.downloaded_before;
  auto setup = core_setup(std::move(content.have));
  setup.trackers = std::move(settings_.trackers);
  setup.seed = seed_;
  core_ = std::make_unique<swarm::torrent_core>(std::move(setup));
  make_hands();
  set_state(core_->complete() ? torrent_state::seeding : torrent_state::downloading);
  tell(session_event::kind::torrent_checked, std::to_string(core_->pieces().have().count()) + " of " +
                                                 std::to_string(geometry_.piece_count()) +
                                                 " pieces are here");
  if (finder_) {
    hand_over();
  } else {
    drive(swarm::peers_found{settings_.peers});
    drive(swarm::start{});
  }
  // What only the start needed; there may be thousands of torrents.
  settings_.directory = std::filesystem::path();
  settings_.peers = std::vector<endpoint>();
  for (auto& e : std::exchange(early_, {})) {
    join_swarm(std::move(e));
  }
  told_locally_ = !settings_.info->is_private && !opening_.cancelled;
  start_web_seeds();
  take_snapshot();
  rest_if_idle();
}

net::awaitable<void> torrent_runner::shutdown(duration grace) {
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  const instant deadline = steady_now() + grace;
  opening_.cancelled = true;
  told_locally_ = false;
  if (is_trading()) {
    drive(swarm::stop{});
    while (!settled() && steady_now() < deadline) {
      co_await pause(poll_settled);
    }
    save_resume();
    while (resume_ && !resume_->idle() && steady_now() < deadline) {
      co_await pause(poll_settled);
    }
    if (resume_ && resume_->problem()) {
      tell(session_event::kind::warning, "resume data not written: " + resume_->problem()->message());
    }
  }
  early_.clear();
  alarm_.cancel();
  for (auto& [key, record] : links_) {
    record.link->close(asio::error::operation_aborted);
  }
  tasks_.cancel();
  co_await tasks_.join();
  set_state(torrent_state::stopped);
  over_ = true;
}

bool torrent_runner::settled() const {
  return links_.empty() && announcer_.idle() && (!assembly_ || assembly_->idle() || assembly_->failing());
}

void torrent_runner::save_resume() {
  if (resume_) {
    const auto& totals = core_->totals();
    resume_->changed(opening_.cancelled || core_->complete(), core_->pieces().have(),
                     uploaded_before_ + totals.uploaded, downloaded_before_ + totals.downloaded);
  }
}

// The core.

void torrent_runner::drive(const swarm::event& e) {
  snapshot_holds_ = false;
  if (at_rest_) {
    wake();
  }
  if (core_) {
    core_->on(steady_now(), e);
    carry_out(*core_);
  } else {
    finder_->on(steady_now(), e);
    carry_out(*finder_);
    take_metadata();
  }
  flush();
}

template <class Core>
void torrent_runner::carry_out(Core& core) {
  swarm::action a;
  while (core.poll(a)) {
    std::visit([this](auto& what) { this->act(what); }, a);
  }
}

void torrent_runner::flush() {
  for (const auto key : dirty_) {
    const auto found = links_.find(key);
    if (found == links_.end()) {
      continue;
    }
    auto& record = found->second;
    if (!record.outbox.empty()) {
      record.link->send(std::exchange(record.outbox, {}));
    }
    if (!record.withdrawn.empty()) {
      record.link->unsend(std::exchange(record.withdrawn, {}));
    }
  }
  dirty_.clear();
  if (core_) {
    reader_->flush();
    assembly_->flush();
    assembly_->relieve();
  }
  arm();
  if (steady_now() - last_snapshot_ > std::chrono::milliseconds(100)) {
    take_snapshot();
  }
}

/// Moves the alarm only when it has to ring sooner; ringing too early is harmless.
void torrent_runner::arm() {
  const auto due = core_ ? core_->deadline() : finder_->deadline();
  if (!due || *due >= armed_) {
    return;
  }
  armed_ = *due;
  alarm_.expires_at(std::chrono::steady_clock::time_point(
      std::chrono::duration_cast<std::chrono::steady_clock::duration>(armed_.time_since_epoch())));
  alarm_.async_wait([this](error ec) {
    if (!ec) {
      armed_ = instant::max();
      drive(swarm::tick{});
    }
  });
}

// Answers. They are deferred, not posted: a thread that has nothing else to do works through a batch itself,
// instead of waking another for it.

void torrent_runner::on_received(peer_key who, net::inbound_batch&& batch) {
  asio::defer(strand_, [this, who, batch = std::move(batch)]() mutable {
    const auto found = links_.find(who);
    if (found == links_.end()) {
      return;
    }
    auto& account_of_peer = account(found->second.remote.address);
    for (const auto& m : batch.messages) {
      if (const auto* const p = std::get_if<wire::piece>(&m)) {
        account_of_peer.downloaded += p->block.length;
      }
    }
    const auto link = found->second.link;
    batch_in_hand_ = &batch;
    drive(swarm::received{who, batch.messages});
    batch_in_hand_ = nullptr;
    link->consumed();
  });
}

void torrent_runner::on_sent(peer_key who, std::uint64_t payload_bytes, std::uint32_t) {
  asio::defer(strand_, [this, who, payload_bytes] {
    const auto found = links_.find(who);
    if (found != links_.end()) {
      account(found->second.remote.address).uploaded += payload_bytes;
      drive(swarm::sent{who, payload_bytes});
    }
  });
}

void torrent_runner::on_unsent(peer_key who, std::vector<block_ref>&& blocks) {
  asio::defer(strand_, [this, who, blocks = std::move(blocks)] {
    for (const auto& block : blocks) {
      drive(swarm::unsent{who, block});
    }
  });
}

void torrent_runner::on_closed(peer_key who, error why) {
  asio::defer(strand_, [this, who, why] {
    const auto gone = links_.extract(who);
    if (!gone.empty() && !gone.mapped().dropped) {
      tell(session_event::kind::peer_dropped, "it left: " + why.message(), gone.mapped().remote);
    }
    drive(swarm::peer_left{who});
  });
}

void torrent_runner::pieces_done(std::span<const swarm::piece_verified> verdicts) {
  for (const auto& verdict : verdicts) {
    core_->on(steady_now(), verdict);
    carry_out(*core_);
  }
  flush();
  if (std::ranges::any_of(verdicts, &swarm::piece_verified::good)) {
    save_resume();
  }
}

void torrent_runner::peer_lied(const ip_address& who) {
  drive(swarm::liar_found{who});
}

void torrent_runner::disk_refused(const failure& why) {
  problem_ = why;
  set_state(torrent_state::paused);
  tell(session_event::kind::torrent_paused, why.message());
  drive(swarm::disk_failed{});
  if (!std::exchange(retrying_, true)) {
    tasks_.spawn(strand_, retry_writing());
  }
}

void torrent_runner::disk_works_again() {
  problem_.reset();
  set_state(core_->complete() ? torrent_state::seeding : torrent_state::downloading);
  tell(session_event::kind::torrent_resumed, "the disk takes data again");
  drive(swarm::disk_recovered{});
}

void torrent_runner::blocks_read(std::span<const swarm::block_loaded> blocks, std::span<buffer::lease> data) {
  loaded_in_hand_ = data;
  drive(swarm::blocks_loaded{blocks});
  loaded_in_hand_ = {};
}

void torrent_runner::read_failed(const failure& why) {
  tell(session_event::kind::warning, why.message());
}

void torrent_runner::tracker_answered(const swarm::announced& e) {
  drive(e);
}

void torrent_runner::tracker_told(session_event::kind what, std::string text) {
  tell(what, std::move(text));
}

void torrent_runner::set_rates(std::uint64_t upload, std::uint64_t download) {
  asio::post(strand_, [this, upload, download] {
    upload_rate_ = upload;
    download_rate_ = download;
    if (core_ && !opening_.cancelled) {
      drive(swarm::set_limits{upload, download});
    }
  });
}

}  // namespace shoal
