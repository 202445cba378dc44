// What a web server or tracker answers, as it comes from a socket: nothing larger than its bound comes of it.
// The reply's body is then read as a tracker's, and its Location followed.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>

#include <shoal/announce/announce.hpp>

#include "fuzz/require.hpp"
#include "net/http_exchange.hpp"
#include "net/http_url.hpp"

namespace {

using namespace shoal;

constexpr std::size_t body_bytes_max = 64 * 1024;
constexpr std::size_t input_bytes_max = 128 * 1024;  // what a pair of sockets holds

result<net::http_answer> answered(const std::uint8_t* data, std::size_t size) {
  std::array<int, 2> ends{};
  require(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) == 0);
  require(::send(ends[1], data, size, MSG_DONTWAIT) == static_cast<ssize_t>(size));
  ::shutdown(ends[1], SHUT_WR);
  net::asio::io_context context(1);
  net::tcp::socket socket(context, net::tcp::v4(), ends[0]);
  std::optional<result<net::http_answer>> out;
  net::asio::co_spawn(context, net::exchange(socket, "GET / HTTP/1.1\r\n\r\n", body_bytes_max),
                      [&out](std::exception_ptr thrown, result<net::http_answer> answer) {
                        require(thrown == nullptr);
                        out.emplace(std::move(answer));
                      });
  context.run();
  ::close(ends[1]);
  require(out.has_value());
  return std::move(*out);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > input_bytes_max) {
    return 0;
  }
  const auto answer = answered(data, size);
  if (!answer) {
    return 0;
  }
  require(answer->body.size() <= body_bytes_max);
  (void)announce::parse_announce_response(as_bytes(answer->body));
  (void)announce::parse_scrape_response(as_bytes(answer->body));
  const auto from = net::parse_http_url("https://tracker.example/a/announce?b=c");
  if (const auto to = net::follow_location(*from, answer->location)) {
    require(to->tls && net::is_plain_host(to->host) && to->port != 0 && to->target.starts_with("/"));
  }
  return 0;
}
