#include "net/dial.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>
#include <vector>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/write.hpp>

#include <shoal/net/http_client.hpp>
#include <shoal/net/with_deadline.hpp>

#include "net/congestion.hpp"
#include "net/open_socket.hpp"
#include "net/proxy_handshake.hpp"

namespace shoal::net {

namespace {

constexpr std::size_t addresses_max = 8;

/// A look-up under way. It is getaddrinfo on a thread of Asio's, which nothing can stop; when the one who
/// asked is cancelled, the answer comes to this and to nobody.
struct lookup {
  explicit lookup(const asio::any_io_executor& ex)
      : resolver(ex), done(ex, asio::steady_timer::time_point::max()) {}

  tcp::resolver resolver;
  asio::steady_timer done;
  bool finished = false;
  error failed;
  std::vector<endpoint> found;
};

/// Those that may be tried, each once.
result<std::vector<endpoint>> eligible(const std::vector<endpoint>& found, const dial_options& options) {
  std::vector<endpoint> out;
  bool too_near = false;
  bool reached = false;
  for (const endpoint& e : found) {
    if (!options.by.reaches(e.address)) {
      continue;
    }
    reached = true;
    if (reach_of(e.address) < options.narrowest) {
      too_near = true;
    } else if (out.size() < addresses_max) {
      out.push_back(e);
    }
  }
  if (out.empty()) {
    return too_near  ? make_error_code(http_errc::unsafe_redirect)
           : reached ? error(asio::error::host_not_found)
                     : make_error_code(errc::no_such_interface);
  }
  return out;
}

awaitable<result<tcp::socket>> connect_directly(asio::any_io_executor own, endpoint where,
                                                dial_options options) {
  tcp::socket socket(own);
  if (const error failed = open_towards(socket, where.address, options.by)) {
    co_return failed;
  }
  if (const error failed = set_congestion_control(socket.native_handle(), options.congestion_control)) {
    co_return failed;
  }
  const auto [refused] = co_await socket.async_connect(to_asio(where), use_tuple);
  if (refused) {
    co_return refused;
  }
  co_return std::move(socket);
}

awaitable<result<tcp::socket>> dial_directly(asio::any_io_executor own, std::string host, std::uint16_t port,
                                             dial_options options) {
  const auto found = co_await addresses_of(std::move(host), port);
  if (!found) {
    co_return found.error();
  }
  const auto candidates = eligible(*found, options);
  if (!candidates) {
    co_return candidates.error();
  }
  const duration share = options.connecting_max / static_cast<std::int64_t>(candidates->size());
  error last = asio::error::host_not_found;
  for (const endpoint& where : *candidates) {
    auto attempt = co_await with_deadline(share, connect_directly(own, where, options));
    if (attempt && *attempt) {
      co_return std::move(**attempt);
    }
    last = attempt ? attempt->error() : error(asio::error::timed_out);
  }
  co_return last;
}

/// Until the proxy has connected us. The reference is to the frame of the caller, which awaits this at once.
awaitable<error> converse(tcp::socket& socket, proxy_handshake talk) {
  std::array<std::byte, 512> room;
  for (;;) {
    const auto said = talk.output();
    if (!said.empty()) {
      const auto [unsent, n] = co_await asio::async_write(socket, asio::buffer(said), use_tuple);
      if (unsent) {
        co_return unsent;
      }
    }
    const std::size_t wanted = std::min(talk.wanted(), room.size());
    if (wanted == 0) {
      co_return error();
    }
    const auto [unread, n] = co_await socket.async_read_some(asio::buffer(room.data(), wanted), use_tuple);
    if (unread) {
      co_return unread;
    }
    if (const error failed = talk.feed(byte_view(room).first(n))) {
      co_return failed;
    }
  }
}

awaitable<result<tcp::socket>> connect_through(asio::any_io_executor own, std::string host,
                                               std::uint16_t port, dial_options options) {
  const proxy via = *options.by.via;
  options.narrowest = reach::host;
  auto socket = co_await dial_directly(own, via.host, via.port, std::move(options));
  if (!socket) {
    const bool stopped = socket.error() == asio::error::operation_aborted;
    co_return stopped ? socket.error() : make_error_code(proxy_errc::unreachable);
  }
  const error failed = co_await converse(*socket, proxy_handshake(via, std::move(host), port));
  if (failed == asio::error::eof || failed == asio::error::connection_reset ||
      failed == asio::error::broken_pipe) {
    co_return proxy_errc::failed;
  }
  if (failed) {
    co_return failed;
  }
  co_return std::move(*socket);
}

/// What a name says: only the one of this host is known to be near.
reach reach_of_host(std::string_view host) {
  if (const auto address = ip_address::parse(host)) return reach_of(*address);
  return host == "localhost" || host.ends_with(".localhost") ? reach::host : reach::internet;
}

}  // namespace

awaitable<result<std::vector<endpoint>>> addresses_of(std::string host, std::uint16_t port) {
  if (const auto literal = ip_address::parse(host)) {
    co_return std::vector{endpoint{*literal, port}};
  }
  const auto executor = co_await asio::this_coro::executor;
  const auto asked = std::make_shared<lookup>(executor);
  asked->resolver.async_resolve(host, std::to_string(port), tcp::resolver::numeric_service,
                                [asked](error failed, const tcp::resolver::results_type& results) {
                                  asked->finished = true;
                                  asked->failed = failed;
                                  for (const auto& r : results) {
                                    asked->found.push_back(from_asio(r.endpoint()));
                                  }
                                  asked->done.cancel();
                                });
  co_await asked->done.async_wait(use_tuple);
  if (!asked->finished) {
    co_return error(asio::error::operation_aborted);
  }
  if (asked->failed) {
    co_return asked->failed;
  }
  co_return std::move(asked->found);
}

awaitable<result<tcp::socket>> connect_to(asio::any_io_executor own, endpoint where, dial_options options) {
  if (options.by.via) {
    auto through = co_await connect_through(own, where.address.to_string(), where.port, std::move(options));
    co_return through;
  }
  auto direct = co_await connect_directly(own, where, std::move(options));
  co_return direct;
}

awaitable<result<tcp::socket>> dial(std::string host, std::uint16_t port, dial_options options) {
  const auto executor = co_await asio::this_coro::executor;
  if (!options.by.via) {
    auto direct = co_await dial_directly(executor, std::move(host), port, std::move(options));
    co_return direct;
  }
  if (reach_of_host(host) < options.narrowest) {
    co_return http_errc::unsafe_redirect;
  }
  const duration limit = options.connecting_max;
  auto through =
      co_await with_deadline(limit, connect_through(executor, std::move(host), port, std::move(options)));
  if (!through) {
    co_return error(asio::error::timed_out);
  }
  co_return std::move(*through);
}

reach reached(const tcp::socket& socket, std::string_view host, const route& by) {
  if (by.via) return reach_of_host(host);
  error gone;
  const auto remote = socket.remote_endpoint(gone);
  return gone ? reach::internet : reach_of(from_asio(remote).address);
}

}  // namespace shoal::net
