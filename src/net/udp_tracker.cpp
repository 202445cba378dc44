#include "net/udp_tracker.hpp"

#include <array>
#include <chrono>
#include <random>
#include <utility>
#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <shoal/announce/udp_exchange.hpp>
#include <shoal/net/with_deadline.hpp>

#include "net/dial.hpp"
#include "net/http_url.hpp"
#include "net/open_socket.hpp"

namespace shoal::net {

namespace {

using udp = asio::ip::udp;
using announce::udp::exchange;

/// An announce's reply with as many peers as a datagram can hold that is not cut up on its way, and more.
constexpr std::size_t datagram_bytes_max = 8192;

instant now() {
  return instant(std::chrono::duration_cast<duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

struct udp_url {
  std::string host;
  std::uint16_t port = 0;
  std::string target;  // path and query; may be empty
};

result<udp_url> parse_udp_url(const std::string& text) {
  const auto parsed = boost::urls::parse_uri(text);
  if (!parsed || !parsed->has_authority() || !is_plain_host(parsed->host_address())) {
    return http_errc::bad_url;
  }
  const auto port = parse_port(parsed->port());
  if (!port) {
    return http_errc::bad_url;
  }
  return udp_url{parsed->host_address(), *port, std::string(parsed->encoded_target())};
}

struct received_datagram {
  error failed;
  std::size_t bytes = 0;
};

/// References are to the frame of the caller, which awaits this at once.
awaitable<received_datagram> receive(udp::socket& socket, asio::mutable_buffer into) {
  const auto [failed, n] = co_await socket.async_receive(into, use_tuple);
  co_return received_datagram{failed, n};
}

result<udp::socket> connected_socket(const asio::any_io_executor& executor, const endpoint& tracker,
                                     const route& by) {
  udp::socket socket(executor);
  error failed = open_towards(socket, tracker.address, by);
  if (!failed) {
    socket.connect(udp::endpoint(to_asio(tracker.address), tracker.port), failed);
  }
  if (failed) {
    return failed;
  }
  return socket;
}

/// The exchange with one address, until its end or that of the time.
awaitable<result<exchange::answer>> ask_one(endpoint tracker, exchange::question question, std::string target,
                                            tracker_options options, instant end) {
  const auto executor = co_await asio::this_coro::executor;
  auto opened = connected_socket(executor, tracker, options.http.by);
  if (!opened) {
    co_return opened.error();
  }
  udp::socket socket = std::move(*opened);
  error ignored;
  const auto from = from_asio(socket.local_endpoint(ignored).address());
  std::random_device chance;
  const auto seed = (std::uint64_t{chance()} << 32) | chance();
  const auto known = options.udp != nullptr ? options.udp->find(tracker, from, now()) : std::nullopt;
  exchange talk(std::move(question), std::move(target), tracker.address.is_v6(), known, seed);
  std::array<std::byte, datagram_bytes_max> room;
  while (now() < end) {
    if (const auto datagram = talk.poll(now())) {
      const auto [unsent, n] = co_await socket.async_send(asio::buffer(*datagram), use_tuple);
      if (unsent) {
        co_return unsent;
      }
    }
    const auto patience = std::min(talk.deadline(), end) - now();
    const auto got = co_await with_deadline(patience, receive(socket, asio::buffer(room)));
    if (!got) {
      continue;
    }
    if (got->failed) {
      co_return got->failed;
    }
    auto answer = talk.received(now(), byte_view(room).first(got->bytes));
    if (answer) {
      if (options.udp != nullptr) {
        options.udp->keep(tracker, from, talk.known());
      }
      co_return std::move(*answer);
    }
  }
  co_return http_errc::deadline_passed;
}

}  // namespace

awaitable<outcome<exchange::answer>> ask_over_udp(std::string url, exchange::question question,
                                                  tracker_options options) {
  const auto shown = shown_url(url);
  const auto parsed = parse_udp_url(url);
  if (!parsed) {
    co_return failure{parsed.error(), shown};
  }
  if (options.http.by.via) {
    co_return failure{make_error_code(proxy_errc::no_datagrams), shown};
  }
  const instant end = now() + options.http.deadline;
  const auto found = co_await addresses_of(parsed->host, parsed->port);
  if (!found) {
    co_return failure{found.error(), shown};
  }
  std::vector<endpoint> candidates;
  for (const auto& e : *found) {
    if (options.http.by.reaches(e.address)) {
      candidates.push_back(e);
    }
  }
  error last = errc::no_such_interface;
  for (std::size_t i = 0; i < candidates.size() && now() < end; ++i) {
    // One that does not answer at all must leave time for the others.
    const auto share = (end - now()) / static_cast<std::int64_t>(candidates.size() - i);
    auto answer = co_await ask_one(candidates[i], question, parsed->target, options, now() + share);
    if (answer) {
      co_return std::move(*answer);
    }
    last = answer.error();
  }
  co_return failure{last, shown};
}

}  // namespace shoal::net
