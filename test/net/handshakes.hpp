#pragma once
// Who shakes hands in the tests: two of us, and strangers that say what they are told to.

#include <array>
#include <chrono>
#include <optional>
#include <string>

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include <shoal/net/handshaking.hpp>
#include <shoal/wire/codec.hpp>

namespace shoal::net {

constexpr auto plenty = std::chrono::seconds(60);

template <class Bytes>
Bytes filled(char c) {
  Bytes out;
  out.bytes.fill(static_cast<std::byte>(c));
  return out;
}

inline const sha1_digest torrent = filled<sha1_digest>('t');
inline const wire::handshake alice = wire::make_handshake(torrent, filled<peer_id>('a'));
inline const wire::handshake bob = wire::make_handshake(torrent, filled<peer_id>('b'));

using shaken = std::optional<result<established>>;

/// Says `script`, so many bytes at a time; then leaves or stays until it is left.
struct stranger {
  std::string script;
  std::size_t bytes_at_once = 1000;
  bool stays = true;
};

inline awaitable<void> say(tcp::socket& socket, stranger who) {
  for (std::size_t at = 0; at < who.script.size(); at += who.bytes_at_once) {
    const auto part = who.script.substr(at, who.bytes_at_once);
    const auto [failed, n] = co_await asio::async_write(socket, asio::buffer(part), use_tuple);
    if (failed) {
      co_return;
    }
    co_await asio::post(socket.get_executor(), asio::use_awaitable);
  }
  std::array<char, 256> heard{};
  error over;
  while (who.stays && !over) {
    const auto [ended, n] = co_await socket.async_read_some(asio::buffer(heard), use_tuple);
    over = ended;
  }
}

}  // namespace shoal::net
