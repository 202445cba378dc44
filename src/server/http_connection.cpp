#include "server/http_connection.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

#include "server/request_reader.hpp"
#include "server/steady_now.hpp"

namespace shoal::server {

namespace asio = boost::asio;

namespace {

/// Requests answered in one write: they bound what a client that does not read makes us hold.
constexpr std::size_t batch_max = 16;

constexpr duration linger_max = std::chrono::seconds(2);
constexpr std::size_t linger_bytes_max = 256 * 1024;

/// How a reply is framed.
struct framing {
  bool head = false;  ///< the body is counted but not sent
  bool keep_alive = false;
  bool say_keep_alive = false;  ///< HTTP/1.0 does not take it for granted
};

struct batch {
  std::vector<query> queries;
  std::vector<framing> framings;
  bool last = false;  ///< the connection ends after it

  void clear() {
    queries.clear();
    framings.clear();
  }
};

question question_of(const http_request& r, const tracker_service& service) {
  if (r.refused != 0) {
    return tracker_service::refusal(r.refused);
  }
  question q = service.read(r.target);
  if (r.head && std::holds_alternative<ask_announce>(q)) {
    return tracker_service::refusal(405);  // an announce changes something, so it is no HEAD
  }
  return q;
}

/// The whole requests that are there, as many as one batch takes.
void take(request_reader& reader, tracker_service& service, batch& into) {
  into.clear();
  while (!into.last && into.queries.size() < batch_max) {
    const auto request = reader.next();
    if (!request) {
      return;
    }
    query& q = into.queries.emplace_back();
    q.asked = question_of(*request, service);
    service.count_request(is_bad(q.asked));
    into.framings.push_back({request->head, request->keep_alive, request->minor_version_0});
    into.last = !request->keep_alive;
    if (std::holds_alternative<ask_full_scrape>(q.asked)) {
      return;  // large enough alone
    }
  }
}

std::string_view status_line(unsigned status) {
  switch (status) {
    case 200:
      return "HTTP/1.1 200 OK\r\n";
    case 404:
      return "HTTP/1.1 404 Not Found\r\n";
    case 405:
      return "HTTP/1.1 405 Method Not Allowed\r\nAllow: GET, HEAD\r\n";
    case 414:
      return "HTTP/1.1 414 URI Too Long\r\n";
    case 431:
      return "HTTP/1.1 431 Request Header Fields Too Large\r\n";
    default:
      return "HTTP/1.1 400 Bad Request\r\n";
  }
}

void put_reply(const question& asked, const framing& f, std::string_view body, std::string& out) {
  out += status_line(status(asked));
  out += "Content-Type: ";
  out += content_type(asked);
  out += "\r\nContent-Length: ";
  out += std::to_string(body.size());
  out += "\r\n";
  if (!f.keep_alive) {
    out += "Connection: close\r\n";
  } else if (f.say_keep_alive) {
    out += "Connection: keep-alive\r\n";
  }
  out += "\r\n";
  if (!f.head) {
    out += body;
  }
}

/// Closing while the client still sends would reset the connection, and the reply might be lost on the way;
/// so we say that we are done and read on for a little, into nothing.
net::awaitable<void> linger(open_connection& c) {
  error failed;
  c.socket.shutdown(net::tcp::socket::shutdown_send, failed);
  c.deadline = std::min(c.deadline.load(), steady_now() + linger_max);
  std::array<char, 4096> sink{};
  for (std::size_t total = 0; !failed && total < linger_bytes_max;) {
    const auto [read_failed, bytes] = co_await c.socket.async_read_some(asio::buffer(sink), net::use_tuple);
    failed = read_failed;
    total += bytes;
  }
}

}  // namespace

net::awaitable<void> serve(open_connections::place me, open_connections& all, tracker_service& service,
                           connection_limits limits) {
  error failed;
  const auto remote = me->socket.remote_endpoint(failed);
  if (failed) {
    co_return;
  }
  const ip_address from = net::from_asio(remote).address;
  me->socket.set_option(net::tcp::no_delay(true), failed);

  request_reader reader(limits.request_bytes_max);
  batch now;
  std::string body;
  std::string out;
  me->deadline = steady_now() + limits.idle_max;
  while (!now.last && !all.stopping()) {
    take(reader, service, now);
    if (now.queries.empty()) {
      const auto [read_failed, bytes] = co_await me->socket.async_read_some(reader.space(), net::use_tuple);
      if (read_failed) {
        co_return;
      }
      reader.received(bytes);
      continue;
    }
    me->replying = true;
    service.answer(now.queries, from);
    out.clear();
    for (std::size_t i = 0; i < now.queries.size(); ++i) {
      body.clear();
      service.write(now.queries[i], all.size(), body);
      put_reply(now.queries[i].asked, now.framings[i], body, out);
    }
    const auto [write_failed, written] =
        co_await asio::async_write(me->socket, asio::buffer(out), net::use_tuple);
    me->replying = false;
    if (write_failed) {
      co_return;
    }
    me->deadline = steady_now() + limits.idle_max;
  }
  if (!all.stopping()) {
    co_await linger(*me);
  }
}

}  // namespace shoal::server
