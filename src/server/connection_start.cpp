#include "server/connection_start.hpp"

#include <array>
#include <span>

#include <boost/asio/buffer.hpp>

#include <shoal/base/result.hpp>

#include "server/proxy_header.hpp"

namespace shoal::server {

namespace asio = boost::asio;

net::awaitable<introduction> read_introduction(net::tcp::socket& socket) {
  introduction out;
  std::vector<std::byte> bytes(proxy_header_bytes_max);
  std::size_t used = 0;
  proxy_header header;
  while (header.is == proxy_header::state::cut && used < bytes.size()) {
    const auto room = std::span(bytes).subspan(used);
    const auto [failed, n] =
        co_await socket.async_read_some(asio::buffer(room.data(), room.size()), net::use_tuple);
    if (failed) {
      co_return out;
    }
    used += n;
    header = read_proxy_header(byte_view(bytes).first(used));
  }
  out.understood = header.is == proxy_header::state::whole;
  if (out.understood) {
    out.client = header.source;
    out.rest.assign(bytes.begin() + static_cast<std::ptrdiff_t>(header.bytes),
                    bytes.begin() + static_cast<std::ptrdiff_t>(used));
  }
  co_return out;
}

net::awaitable<bool> begins_with_tls(net::tcp::socket& socket, byte_view begun) {
  constexpr std::byte handshake_record{0x16};
  if (!begun.empty()) {
    co_return begun.front() == handshake_record;
  }
  const auto [failed] = co_await socket.async_wait(net::tcp::socket::wait_read, net::use_tuple);
  if (failed) {
    co_return false;
  }
  std::array<std::byte, 1> first{};
  error ignored;  // what is wrong with the socket, its next reader will find too
  const std::size_t n = socket.receive(asio::buffer(first), asio::socket_base::message_peek, ignored);
  co_return n == 1 && first[0] == handshake_record;
}

}  // namespace shoal::server
