#include <algorithm>
#include <memory>
#include <optional>
#include <random>
#include <sys/socket.h>
#include <thread>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_future.hpp>
#include <spdlog/spdlog.h>

#include <shoal/net/listener.hpp>
#include <shoal/net/task_group.hpp>
#include <shoal/server/tracker_server.hpp>

#include "server/admission.hpp"
#include "server/http_connection.hpp"
#include "server/logs_failures.hpp"
#include "server/open_connections.hpp"
#include "server/pages.hpp"
#include "server/request_counts.hpp"
#include "server/shared_swarms.hpp"
#include "server/snapshot_file.hpp"
#include "server/snapshot_keeper.hpp"
#include "server/steady_now.hpp"
#include "server/swarm_shards.hpp"
#include "server/tls_identity.hpp"
#include "server/tracker_service.hpp"
#include "server/udp_answerer.hpp"
#include "server/udp_door.hpp"

namespace shoal::server {

namespace asio = boost::asio;

namespace {

/// Often enough that no connection outlives its time by much.
duration sweep_interval(duration idle_max) {
  return std::clamp<duration>(idle_max / 4, std::chrono::milliseconds(10), std::chrono::seconds(1));
}

/// A listener and the strand on which it is run and closed, and the UDP sockets of the same address.
struct door {
  explicit door(asio::io_context& context) : strand(context.get_executor()), listener(strand) {}
  net::strand strand;
  net::listener listener;
  std::vector<std::unique_ptr<udp_door>> udp;
  std::vector<net::strand> udp_strands;
};

/// A port that TCP has free may be taken in UDP; then another one is tried.
constexpr int free_port_tries = 20;

}  // namespace

struct tracker_server::impl {
  explicit impl(tracker_settings s)
      : settings(std::move(s)),
        swarms(settings.table, settings.seed),
        door_keeper(settings.requests_per_s_max, settings.seed),
        service(swarms, door_keeper,
                {settings.table.num_want_max, settings.full_scrape, settings.trusted_proxies},
                [this] { return take_census(); }),
        answerer(swarms, door_keeper, settings.id_key),
        connections(settings.seed),
        context(static_cast<int>(std::max(1U, settings.threads))),
        house(context.get_executor(), logs_failures("tracker")),
        talks(context.get_executor(), logs_failures("tracker")) {}

  duration silence_max() const {
    return from_seconds(settings.table.expire_intervals * settings.table.interval_s);
  }
  void restore();
  outcome<void> open_doors();
  outcome<std::unique_ptr<door>> open_door(const endpoint& where);
  outcome<void> adopt_doors();
  census take_census() const;
  void welcome(net::tcp::socket socket);
  net::awaitable<void> sweep();
  net::awaitable<void> shut_down(duration grace);

  const tracker_settings settings;
  swarm_shards swarms;
  admission door_keeper;
  tls_identity identity;
  tracker_service service;
  udp_answerer answerer;
  request_counts http;
  const instant started = steady_now();
  outcome<bool> restored = false;
  std::optional<snapshot_keeper> keeper;
  std::optional<shared_swarms> shared;
  open_connections connections;

  asio::io_context context;
  net::task_group house;  // accepting and sweeping
  net::task_group talks;  // a coroutine a connection
  std::vector<std::unique_ptr<door>> doors;
  std::vector<endpoint> addresses;
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work;
  std::vector<std::thread> threads;
};

void tracker_server::impl::restore() {
  if (settings.snapshot.empty()) {
    return;
  }
  restored = load_snapshot(settings.snapshot, swarms, steady_now(), unix_now_ms(), silence_max());
}

outcome<void> tracker_server::impl::open_doors() {
  for (const endpoint& where : settings.listen) {
    auto opened = open_door(where);
    for (int i = 1; !opened && where.port == 0 && i < free_port_tries; ++i) {
      opened = open_door(where);
    }
    if (!opened) {
      doors.clear();
      addresses.clear();
      return std::move(opened).error();
    }
    addresses.push_back((*opened)->listener.local());
    doors.push_back(std::move(*opened));
  }
  auto adopted = adopt_doors();
  if (!adopted) {
    doors.clear();
    addresses.clear();
  }
  return adopted;
}

/// Those of TCP first, for their addresses are shown.
outcome<void> tracker_server::impl::adopt_doors() {
  for (const int wanted : {SOCK_STREAM, SOCK_DGRAM}) {
    for (const int descriptor : settings.inherited) {
      int type = 0;
      socklen_t length = sizeof type;
      if (::getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &length) != 0 || type != wanted) {
        continue;
      }
      auto made = std::make_unique<door>(context);
      outcome<void> taken;
      if (wanted == SOCK_STREAM) {
        taken = made->listener.adopt(descriptor);
      } else {
        const auto& strand = made->udp_strands.emplace_back(context.get_executor());
        taken = made->udp.emplace_back(std::make_unique<udp_door>(strand, answerer))->adopt(descriptor);
      }
      if (!taken) {
        return taken;
      }
      addresses.push_back(wanted == SOCK_STREAM ? made->listener.local() : made->udp.front()->local());
      doors.push_back(std::move(made));
    }
  }
  return {};
}

outcome<std::unique_ptr<door>> tracker_server::impl::open_door(const endpoint& where) {
  auto out = std::make_unique<door>(context);
  auto listening = out->listener.open(where);
  if (!listening) {
    return std::move(listening).error();
  }
  const unsigned sockets = std::max(1U, settings.threads);
  for (unsigned i = 0; i < sockets; ++i) {
    const auto& strand = out->udp_strands.emplace_back(context.get_executor());
    auto& socket = *out->udp.emplace_back(std::make_unique<udp_door>(strand, answerer));
    auto opened = socket.open(out->listener.local(), sockets > 1);
    if (!opened) {
      return std::move(opened).error();
    }
  }
  return out;
}

census tracker_server::impl::take_census() const {
  census out;
  http.add_to(out.http);
  for (const auto& d : doors) {
    for (const auto& u : d->udp) {
      u->counts().add_to(out.udp);
    }
  }
  out.uptime = steady_now() - started;
  out.stats.table = swarms.totals();
  out.stats.connections = connections.size();
  out.stats.datagrams = out.udp.total();
  out.stats.requests = out.http.total() + out.stats.datagrams;
  out.stats.bad_requests = out.http.bad() + out.udp.bad();
  if (shared) {
    out.stats.store = shared->state();
  }
  return out;
}

void tracker_server::impl::welcome(net::tcp::socket socket) {
  if (connections.size() >= settings.connections_max && !connections.make_room()) {
    return;
  }
  const asio::any_io_executor own = socket.get_executor();
  connection_limits limits{settings.idle_max, settings.request_bytes_max, {}, &identity};
  if (settings.proxy_protocol) {
    limits.proxies = settings.trusted_proxies;
  }
  talks.spawn(own, serve(connections.enter(std::move(socket)), connections, service, http, limits));
}

net::awaitable<void> tracker_server::impl::sweep() {
  asio::steady_timer timer(context);
  while (true) {
    timer.expires_after(sweep_interval(settings.idle_max));
    const auto [stopped] = co_await timer.async_wait(net::use_tuple);
    if (stopped) {
      co_return;
    }
    const instant now = steady_now();
    connections.close_overdue(now);
    std::size_t at = 0;
    while (!swarms.expire_step(now, at)) {
      co_await asio::post(context, net::use_tuple);  // requests come between two steps
    }
  }
}

net::awaitable<void> tracker_server::impl::shut_down(duration grace) {
  house.cancel();
  co_await house.join();
  for (const auto& d : doors) {
    d->listener.close();  // nobody else uses it any more
    for (const auto& u : d->udp) {
      u->close();
    }
  }
  connections.stop();
  const bool all_left = co_await talks.join_for(grace);
  if (!all_left) {
    talks.cancel();
    co_await talks.join();
  }
}

tracker_server::tracker_server(tracker_settings s) : impl_(std::make_unique<impl>(std::move(s))) {}

tracker_server::~tracker_server() {
  stop(duration::zero());
}

outcome<void> tracker_server::start() {
  impl& my = *impl_;
  auto opened = my.open_doors();
  if (!opened) {
    return opened;
  }
  my.restore();
  if (!my.settings.snapshot.empty()) {
    my.keeper.emplace(my.settings.snapshot, my.settings.snapshot_every, my.swarms);
  }
  if (my.settings.store) {
    my.swarms.keep_news();
    std::random_device device;
    const std::uint64_t origin = (std::uint64_t{device()} << 32) | device();
    my.shared.emplace(*my.settings.store, my.swarms, origin, my.silence_max());
    if (my.settings.store_passkeys) {
      my.shared->follow_passkeys(my.settings.store_passkeys_every, my.door_keeper);
    }
  }
  for (const auto& d : my.doors) {
    my.house.spawn(d->strand, d->listener.run([&my](net::tcp::socket s) { my.welcome(std::move(s)); }));
    for (std::size_t i = 0; i < d->udp.size(); ++i) {
      my.house.spawn(d->udp_strands[i], d->udp[i]->run());
    }
  }
  my.house.spawn(my.context.get_executor(), my.sweep());
  my.work.emplace(my.context.get_executor());
  for (unsigned i = 0; i < std::max(1U, my.settings.threads); ++i) {
    my.threads.emplace_back([&my] { my.context.run(); });
  }
  return {};
}

const outcome<bool>& tracker_server::restored() const {
  return impl_->restored;
}

std::vector<endpoint> tracker_server::listening() const {
  return impl_->addresses;
}

std::string tracker_server::announce_url() const {
  if (impl_->addresses.empty()) {
    return {};
  }
  endpoint first = impl_->addresses.front();
  if (first.address.is_unspecified()) {
    first.address = *ip_address::parse(first.address.is_v4() ? "127.0.0.1" : "::1");
  }
  return "http://" + first.to_string() + "/announce";
}

tracker_stats tracker_server::stats() const {
  return impl_->take_census().stats;
}

void tracker_server::set_torrents_served(torrents_served which, registry::info_hash_list list) {
  impl_->door_keeper.serve(which, std::move(list));
}

void tracker_server::require_passkeys(registry::passkey_list keys) {
  impl_->door_keeper.require_passkeys(std::move(keys));
}

void tracker_server::require_tokens(token_keys keys) {
  impl_->door_keeper.require_tokens(std::move(keys));
}

outcome<void> tracker_server::set_certificate(const std::string& chain_file, const std::string& key_file) {
  return impl_->identity.load(chain_file, key_file);
}

outcome<void> tracker_server::stop(duration grace) {
  impl& my = *impl_;
  if (my.threads.empty()) {
    return {};
  }
  const net::strand home{my.context.get_executor()};
  asio::co_spawn(home, my.shut_down(grace), asio::use_future).get();
  my.work.reset();
  for (std::thread& t : my.threads) {
    t.join();
  }
  my.threads.clear();
  my.shared.reset();  // after the last announce was answered, so that its news still go out
  return my.keeper ? my.keeper->finish() : outcome<void>();
}

}  // namespace shoal::server
