#include "net/dial.hpp"

#include <memory>
#include <utility>
#include <vector>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <shoal/net/http_client.hpp>
#include <shoal/net/with_deadline.hpp>

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
  for (const endpoint& e : found) {
    if (options.bind_address && options.bind_address->is_v4() != e.address.is_v4()) {
      continue;
    }
    if (reach_of(e.address) < options.narrowest) {
      too_near = true;
    } else if (out.size() < addresses_max) {
      out.push_back(e);
    }
  }
  if (out.empty()) {
    return too_near ? make_error_code(http_errc::unsafe_redirect)
                    : error(asio::error::address_family_not_supported);
  }
  return out;
}

awaitable<result<tcp::socket>> connect_to(endpoint where, std::optional<ip_address> bind_address) {
  const auto executor = co_await asio::this_coro::executor;
  tcp::socket socket(executor);
  const tcp::endpoint remote = to_asio(where);
  error failed;
  socket.open(remote.protocol(), failed);
  if (!failed && bind_address) {
    socket.bind(tcp::endpoint(to_asio(*bind_address), 0), failed);
  }
  if (failed) {
    co_return failed;
  }
  const auto [refused] = co_await socket.async_connect(remote, use_tuple);
  if (refused) {
    co_return refused;
  }
  co_return std::move(socket);
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

awaitable<result<tcp::socket>> dial(std::string host, std::uint16_t port, dial_options options) {
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
    auto attempt = co_await with_deadline(share, connect_to(where, options.bind_address));
    if (attempt && *attempt) {
      co_return std::move(**attempt);
    }
    last = attempt ? attempt->error() : error(asio::error::timed_out);
  }
  co_return last;
}

}  // namespace shoal::net
