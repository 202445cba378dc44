#include <algorithm>
#include <atomic>
#include <future>
#include <mutex>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <shoal/base/rng.hpp>
#include <shoal/net/listener.hpp>
#include <shoal/session/session.hpp>

#include "session/client_name.hpp"
#include "session/gateway.hpp"
#include "session/neighbours.hpp"
#include "session/rate_sharing.hpp"
#include "session/services.hpp"
#include "session/thread_crew.hpp"
#include "session/torrent_table.hpp"

namespace shoal {

namespace asio = net::asio;

namespace {

/// Incoming connections that have not finished their handshake; more are closed at once.
constexpr std::size_t handshaking_max = 512;
constexpr duration handshake_deadline = std::chrono::seconds(10);
/// Of the session's buffers, what receiving may use; the rest is for sending.
constexpr std::size_t receive_share_percent = 66;

unsigned threads_or_cores(unsigned n) {
  return n != 0 ? n : std::max(1U, std::thread::hardware_concurrency());
}

std::uint64_t system_seed() {
  std::random_device device;
  return (std::uint64_t{device()} << 32) | device();
}

session_settings completed(session_settings s) {
  s.threads = threads_or_cores(s.threads);
  s.disk_threads = threads_or_cores(s.disk_threads);
  if (!s.seed) {
    s.seed = system_seed();
  }
  return s;
}

std::size_t blocks_of(std::size_t bytes) {
  return std::max<std::size_t>(64, bytes / block_bytes);
}

}  // namespace

struct session::impl {
  explicit impl(session_settings s)
      : settings(completed(std::move(s))),
        chance(*settings.seed),
        receive_buffers(blocks_of(settings.buffer_bytes_max / 100 * receive_share_percent)),
        send_buffers(blocks_of(settings.buffer_bytes_max / 100 * (100 - receive_share_percent))),
        disk(std::make_unique<disk::disk_pool>(settings.disk_threads)),
        context(static_cast<int>(settings.threads)),
        work(context.get_executor()),
        crew(context, settings.threads_least, settings.threads),
        home(asio::make_strand(context)),
        tasks(home),
        acceptor(context.get_executor()),
        shared{context,
               *disk,
               receive_buffers,
               send_buffers,
               udp_connections,
               settings,
               make_peer_id(chance),
               {},
               {},
               [this](session_event e) { tell(e); },
               [this] { torrents.begin_next(); }},
        torrents(shared, chance.next()) {}

  outcome<void> start();
  outcome<torrent_id> add(torrent_settings t);
  void take_calls();
  void stop(duration grace);

  void look_around();
  void call_around();
  bool is_welcome(const net::tcp::socket& socket) const;
  net::awaitable<void> welcome(net::tcp::socket socket);
  net::awaitable<void> each_second();
  net::awaitable<void> close_all(duration grace);
  net::awaitable<void> close_one(torrent_runner& runner, duration grace);
  std::optional<wire::handshake> answer(const wire::handshake& theirs);
  void share_rates();
  void tell(const session_event& e);

  session_settings settings;
  rng chance;
  buffer::pool receive_buffers, send_buffers;
  net::udp_connections udp_connections;
  std::unique_ptr<disk::disk_pool> disk;
  asio::io_context context;
  asio::executor_work_guard<asio::io_context::executor_type> work;
  thread_crew crew;
  net::strand home;  // the session's own: listener, torrents' begin and end, rates
  net::task_group tasks;
  net::listener acceptor;
  services shared;
  std::unique_ptr<net::port_mapper> mapper;  // null when no gateway is asked
  std::unique_ptr<neighbours> local;         // on `home`; null when there is no local discovery
  std::atomic<std::size_t> handshaking{0};
  std::atomic<bool> listening{false}, taking_calls{false};
  std::atomic<bool> stopped{false};

  torrent_table torrents;
  std::uint64_t upload_rate = 0, download_rate = 0;  // on `home`

  std::mutex events_mutex;  // one call of the observer at a time
  std::function<void(const session_event&)> observer;
};

outcome<void> session::impl::start() {
  const auto& by = settings.route;
  auto where = settings.listen;
  std::string device;
  if (where.address.is_unspecified() && by.confined()) {  // then nothing shall come from elsewhere either
    device = by.device;
    if (device.empty()) where.address = by.v4 ? *by.v4 : *by.v6;
  }
  const auto opened = acceptor.open(where, settings.congestion_control, device);
  if (opened.has_error()) {
    return opened.error();
  }
  shared.listening = acceptor.local();
  shared.route = by.confined() ? by : net::route::from(settings.listen.address);
  shared.route.via = by.via;
  if (settings.local_discovery && !by.via && !shared.listening.address.is_loopback() &&
      !shared.route.is_loopback()) {
    look_around();
  }
  mapper = map_port(shared);
  upload_rate = settings.upload_rate_max;
  download_rate = settings.download_rate_max;
  tasks.spawn(home, each_second());
  crew.start();
  listening = true;
  take_calls();
  return {};
}

outcome<torrent_id> session::impl::add(torrent_settings t) {
  auto added = torrents.add(std::move(t));
  take_calls();
  return added;
}

/// Not before there is a torrent. Until then callers wait in the kernel's queue: whoever asks for what is
/// being hashed for us would be turned away, and come again much later.
void session::impl::take_calls() {
  if (!listening || torrents.empty() || taking_calls.exchange(true)) {
    return;
  }
  tasks.spawn(home, acceptor.run([this](net::tcp::socket socket) {
    if (handshaking < handshaking_max && is_welcome(socket)) {
      const auto own = socket.get_executor();
      tasks.spawn(own, welcome(std::move(socket)));
    }
  }));
}

/// Before the threads run, so that nothing of it is heard meanwhile.
void session::impl::look_around() {
  const auto cookie = std::to_string(chance.next());
  local = std::make_unique<neighbours>(home, tasks, shared.listening, shared.route, cookie,
                                       [this](const sha1_digest& torrent, const endpoint& peer) {
                                         if (auto* const runner = torrents.find(torrent))
                                           runner->found_locally(peer);
                                       });
}

/// Calls our torrents, but none that is private (BEP 27).
void session::impl::call_around() {
  std::vector<sha1_digest> called;
  for (auto* const runner : torrents.all()) {
    if (runner->may_be_told_locally()) called.push_back(runner->hash().wire());
  }
  local->round(called);
}

/// By the filter of addresses. Before anything is said, so that nobody learns who is here.
bool session::impl::is_welcome(const net::tcp::socket& socket) const {
  error gone;
  const auto remote = socket.remote_endpoint(gone);
  return !gone && !(settings.ip_filter && settings.ip_filter->blocks(net::from_asio(remote).address));
}

net::awaitable<void> session::impl::welcome(net::tcp::socket socket) {
  ++handshaking;
  net::handshake_answer answers = [this](const wire::handshake& theirs) { return answer(theirs); };
  net::encrypted_calls encrypted;
  encrypted.policy = settings.encryption;
  encrypted.torrent_of = [this](const sha1_digest& obfuscated) { return torrents.torrent_of(obfuscated); };
  auto shaken = co_await net::accept_peer(std::move(socket), std::move(answers), handshake_deadline,
                                          std::move(encrypted));
  --handshaking;
  if (shaken.has_error()) {
    co_return;
  }
  if (auto* const runner = torrents.find(shaken->theirs.info_hash)) {
    runner->adopt(std::move(*shaken));
  }
}

std::optional<wire::handshake> session::impl::answer(const wire::handshake& theirs) {
  if (torrents.find(theirs.info_hash) == nullptr) {
    return std::nullopt;
  }
  return wire::make_handshake(theirs.info_hash, shared.our_id);
}

net::awaitable<void> session::impl::each_second() {
  asio::steady_timer timer(home);
  for (;;) {
    timer.expires_after(std::chrono::seconds(1));
    const auto [ec] = co_await timer.async_wait(net::use_tuple);
    if (ec) {
      co_return;
    }
    for (auto* const runner : torrents.all()) {
      runner->refresh();
    }
    if (local) call_around();
    share_rates();
    crew.review(std::chrono::steady_clock::now());
  }
}

void session::impl::share_rates() {
  const auto all = torrents.all();
  if (all.size() < 2 || (upload_rate == 0 && download_rate == 0)) {
    return;
  }
  std::vector<double> up, down;
  for (const auto* const runner : all) {
    const auto s = runner->status();
    up.push_back(s.up_bytes_per_s);
    down.push_back(s.down_bytes_per_s);
  }
  const auto up_shares = share_rate(upload_rate, up);
  const auto down_shares = share_rate(download_rate, down);
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i]->set_rates(upload_rate == 0 ? 0 : up_shares[i], download_rate == 0 ? 0 : down_shares[i]);
  }
}

void session::impl::tell(const session_event& e) {
  const std::lock_guard lock(events_mutex);
  if (observer) {
    observer(e);
  }
}

net::awaitable<void> session::impl::close_one(torrent_runner& runner, duration grace) {
  co_await runner.shutdown(grace);
}

net::awaitable<void> session::impl::close_all(duration grace) {
  acceptor.close();
  if (local) local->close();
  net::task_group closing(home);
  for (auto* const runner : torrents.all()) {
    closing.spawn(runner->executor(), close_one(*runner, grace));
  }
  co_await closing.join();
  tasks.cancel();
  co_await tasks.join();
}

void session::impl::stop(duration grace) {
  if (stopped.exchange(true)) {
    return;
  }
  if (mapper) mapper->stop();
  if (!crew.started() && !torrents.empty()) {
    crew.start();  // `start` was never called, but torrents were added
  }
  if (crew.started()) {
    std::promise<void> done;
    auto finished = done.get_future();
    asio::co_spawn(home, close_all(grace), [&done](std::exception_ptr) { done.set_value(); });
    finished.wait();
  }
  mapper.reset();
  work.reset();
  crew.stop();
  disk.reset();  // finishes what was submitted; its answers go to strands that nobody runs any more
}

session::session(session_settings settings) : impl_(std::make_unique<impl>(std::move(settings))) {}

session::~session() {
  stop();
}

void session::on_event(std::function<void(const session_event&)> f) {
  const std::lock_guard lock(impl_->events_mutex);
  impl_->observer = std::move(f);
}

outcome<void> session::start() {
  return impl_->start();
}
endpoint session::listening() const {
  return impl_->shared.listening;
}
outcome<torrent_id> session::add(torrent_settings t) {
  return impl_->add(std::move(t));
}

std::optional<torrent_status> session::status(torrent_id id) const {
  const auto* const runner = impl_->torrents.find(id);
  return runner != nullptr ? std::optional(runner->status()) : std::nullopt;
}

std::shared_ptr<const metainfo::torrent_info> session::info(torrent_id id) const {
  const auto* const runner = impl_->torrents.find(id);
  return runner != nullptr ? runner->info() : nullptr;
}

std::vector<peer_status> session::peers(torrent_id id) const {
  auto* const runner = impl_->torrents.find(id);
  return runner != nullptr ? runner->peers() : std::vector<peer_status>();
}

std::vector<peer_total> session::ledger(torrent_id id) const {
  auto* const runner = impl_->torrents.find(id);
  return runner != nullptr ? runner->ledger() : std::vector<peer_total>();
}

void session::set_rate_limits(std::uint64_t upload, std::uint64_t download) {
  asio::post(impl_->home, [this, upload, download] {
    impl_->upload_rate = upload;
    impl_->download_rate = download;
    const auto all = impl_->torrents.all();
    for (auto* const runner : all) {
      runner->set_rates(upload / all.size(), download / all.size());  // evenly, until use shows otherwise
    }
  });
}

void session::stop(duration grace) {
  impl_->stop(grace);
}

}  // namespace shoal
