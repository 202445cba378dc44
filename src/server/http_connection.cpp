#include "server/http_connection.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <spdlog/spdlog.h>

#include "server/connection_start.hpp"
#include "server/full_scrape.hpp"
#include "server/gzip_writer.hpp"
#include "server/request_reader.hpp"
#include "server/steady_now.hpp"

namespace shoal::server {

namespace asio = boost::asio;

namespace {

/// Requests answered in one write: they bound what a client that does not read makes us hold.
constexpr std::size_t requests_a_batch = 16;

/// A reply with fifty peers and its head.
constexpr std::size_t usual_reply_bytes = 768;

constexpr duration linger_max = std::chrono::seconds(2);
constexpr std::size_t linger_bytes_max = 256 * 1024;

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

void put_head(const http_request& r, const http_answer& a, std::string& out) {
  out += status_line(a.status);
  out += "Content-Type: ";
  out += a.content_type;
  out += "\r\n";
  if (!r.keep_alive) {
    out += "Connection: close\r\n";
  } else if (r.minor_version_0) {  // which does not take it for granted
    out += "Connection: keep-alive\r\n";
  }
}

void put_reply(const http_request& r, const http_answer& a, std::string_view body, std::string& out) {
  put_head(r, a, out);
  out += "Content-Length: ";
  out += std::to_string(body.size());
  out += "\r\n\r\n";
  if (!r.head) {
    out += body;
  }
}

/// A body that is sent as it is made: in chunks (RFC 9112, 7.1), or up to the end of the connection.
struct long_reply {
  std::shared_ptr<full_scrape> parts;
  bool gzip = false;
  bool chunked = false;
};

/// Its head; the connection ends after it where there are no chunks.
void put_long_head(http_request& r, const http_answer& a, long_reply& reply, std::string& out) {
  reply.parts = a.parts;
  reply.gzip = takes_gzip(r.accept_encoding);
  reply.chunked = !r.minor_version_0;
  r.keep_alive = r.keep_alive && reply.chunked;
  put_head(r, a, out);
  out += reply.gzip ? "Content-Encoding: gzip\r\nVary: Accept-Encoding\r\n" : "Vary: Accept-Encoding\r\n";
  out += reply.chunked ? "Transfer-Encoding: chunked\r\n\r\n" : "\r\n";
  if (r.head) {
    reply.parts.reset();
  }
}

void put_part(std::string_view bytes, bool chunked, std::string& out) {
  if (!chunked) {
    out += bytes;
  } else if (!bytes.empty()) {
    std::array<char, 16> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), bytes.size(), 16).ptr;
    out.append(digits.data(), end);
    out += "\r\n";
    out += bytes;
    out += "\r\n";
  }
}

/// What one write will send, and whether it is the last.
struct batch {
  std::string replies;
  std::string body;  // of the reply in the making
  std::size_t requests = 0;
  bool last = false;
  bool may_send_more = false;  ///< the client, though it was the last
  long_reply more;             ///< what follows the write
};

/// Answers the whole requests that are there, as many as one batch takes.
void answer(request_reader& reader, const tracker_service& service, request_counts& counts,
            const ip_address& from, instant now, batch& into) {
  into.replies.clear();
  into.requests = 0;
  while (!into.last && into.requests < requests_a_batch) {
    auto request = reader.next();
    if (!request) {
      return;
    }
    into.body.clear();
    const http_answer a = service.respond(*request, from, now, into.body);
    counts.count(a.label);
    if (a.parts) {
      put_long_head(*request, a, into.more, into.replies);
    } else {
      put_reply(*request, a, into.body, into.replies);
    }
    ++into.requests;
    into.last = !request->keep_alive;
    into.may_send_more = request->refused != 0 || reader.has_more();
    if (into.more.parts) {
      return;
    }
  }
}

/// The rest of a long reply; false when the client has gone.
template <class Stream>
net::awaitable<bool> send_parts(Stream& stream, open_connection& c, long_reply reply, duration idle_max) {
  gzip_writer gzip;
  std::string part;
  std::string packed;
  std::string out;
  for (bool last = false; !last;) {
    part.clear();
    packed.clear();
    out.clear();
    last = !reply.parts->next(part);
    if (reply.gzip) {
      gzip.write(part, last, packed);
    }
    put_part(reply.gzip ? packed : part, reply.chunked, out);
    if (last && reply.chunked) {
      out += "0\r\n\r\n";
    }
    if (out.empty()) {  // others on this thread shall have their turn nevertheless
      c.deadline = steady_now() + idle_max;
      co_await asio::post(c.socket.get_executor(), asio::use_awaitable);
      continue;
    }
    const auto [failed, written] = co_await asio::async_write(stream, asio::buffer(out), net::use_tuple);
    if (failed) {
      co_return false;
    }
    c.deadline = steady_now() + idle_max;
  }
  co_return true;
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

net::awaitable<error> send(asio::ssl::stream<net::tcp::socket&>& stream, const batch& b) {
  const auto [failed, written] = co_await asio::async_write(stream, asio::buffer(b.replies), net::use_tuple);
  co_return failed;
}

/// The last of a connection goes out with its end, in one segment, when the socket is closed or shut down.
net::awaitable<error> send(net::tcp::socket& socket, const batch& b) {
  const bool ends = b.last && !b.more.parts;
  asio::const_buffer rest = asio::buffer(b.replies);
  error failed;
  while (!failed && rest.size() > 0) {
    const auto [this_failed, sent] = co_await socket.async_send(rest, ends ? MSG_MORE : 0, net::use_tuple);
    failed = this_failed;
    rest += sent;
  }
  co_return failed;
}

/// Where requests come from and what answers them.
struct surroundings {
  open_connections& all;
  const tracker_service& service;
  request_counts& counts;
  connection_limits limits;
};

/// Requests and replies until one of both sides ends it; what was answered last.
template <class Stream>
net::awaitable<batch> talk(Stream& stream, open_connection& me, request_reader& reader, ip_address from,
                           surroundings x) {
  batch now;
  now.replies.reserve(usual_reply_bytes);
  now.body.reserve(usual_reply_bytes);
  while (!now.last && !x.all.stopping()) {
    const instant begun = steady_now();
    answer(reader, x.service, x.counts, from, begun, now);
    if (now.requests == 0) {
      const auto [read_failed, bytes] = co_await stream.async_read_some(reader.space(), net::use_tuple);
      if (read_failed) {
        co_return now;
      }
      reader.received(bytes);
      continue;
    }
    me.replying = true;
    x.counts.took(steady_now() - begun, now.requests);
    const error write_failed = co_await send(stream, now);
    bool well = !write_failed;
    me.deadline = steady_now() + x.limits.idle_max;
    if (well && now.more.parts) {
      const long_reply more = std::exchange(now.more, {});
      well = co_await send_parts(stream, me, more, x.limits.idle_max);
    }
    me.replying = false;
    if (!well) {
      co_return now;
    }
  }
  co_return now;
}

net::awaitable<void> talk_tls(open_connection& me, std::shared_ptr<asio::ssl::context> identity,
                              std::vector<std::byte> begun, ip_address from, surroundings x) {
  asio::ssl::stream<net::tcp::socket&> stream(me.socket, *identity);
  // A handshake by what has come already, and what will.
  const auto [failed, used] =
      co_await stream.async_handshake(asio::ssl::stream_base::server, asio::buffer(begun), net::use_tuple);
  if (failed) {
    spdlog::debug("tracker: {}: no TLS: {}", from.to_string(), failed.message());
    co_return;
  }
  request_reader reader(x.limits.request_bytes_max);
  const batch last = co_await talk(stream, me, reader, from, x);
  if (last.last && !x.all.stopping()) {  // else nobody is there to say good-bye to
    me.deadline = std::min(me.deadline.load(), steady_now() + linger_max);
    co_await stream.async_shutdown(net::use_tuple);
  }
}

}  // namespace

net::awaitable<void> serve(open_connections::place me, open_connections& all, const tracker_service& service,
                           request_counts& counts, connection_limits limits) {
  error failed;
  const auto remote = me->socket.remote_endpoint(failed);
  if (failed) {
    co_return;
  }
  ip_address from = net::from_asio(remote).address;
  std::vector<std::byte> begun;  // the client's first bytes
  me->deadline = steady_now() + limits.idle_max;
  if (std::find(limits.proxies.begin(), limits.proxies.end(), from) != limits.proxies.end()) {
    introduction said = co_await read_introduction(me->socket);
    if (!said.understood) {
      spdlog::debug("tracker: {} does not speak the PROXY protocol", from.to_string());
      co_return;
    }
    from = said.client ? said.client->address : from;
    begun = std::move(said.rest);
  }
  const surroundings x{all, service, counts, limits};
  const auto identity = limits.tls == nullptr ? nullptr : limits.tls->current();
  if (identity) {
    const bool speaks_tls = co_await begins_with_tls(me->socket, begun);
    if (speaks_tls) {
      co_await talk_tls(*me, identity, begun, from, x);
      co_return;
    }
  }
  request_reader reader(limits.request_bytes_max);
  reader.put(begun);
  const batch last = co_await talk(me->socket, *me, reader, from, x);
  if (last.last && last.may_send_more && !all.stopping()) {
    co_await linger(*me);
  }
}

}  // namespace shoal::server
