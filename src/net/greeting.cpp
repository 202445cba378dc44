#include "net/greeting.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <openssl/rand.h>

#include <shoal/wire/codec.hpp>

namespace shoal::net {
namespace {

using namespace wire::mse;

/// Keys that nobody can guess, from the system; padding of any length, so that no length gives us away.
result<entropy> system_entropy() {
  entropy out;
  std::array<unsigned char, 4> lengths{};
  out.padding.resize(padding_bytes_max);
  const auto fill = [](void* at, std::size_t n) {
    return RAND_bytes(static_cast<unsigned char*>(at), static_cast<int>(n)) == 1;
  };
  if (!fill(out.secret.bytes.data(), private_key::size) || !fill(lengths.data(), lengths.size()) ||
      !fill(out.padding.data(), out.padding.size())) {
    return error(asio::error::no_memory);
  }
  const auto length = [&lengths](std::size_t i) {
    return static_cast<std::size_t>(lengths[i] << 8 | lengths[i + 1]) % (padding_bytes_max + 1);
  };
  out.padding.resize(length(0));
  out.sealed_padding = static_cast<std::uint16_t>(length(2));
  return out;
}

/// The 68 bytes of a handshake, or as many as say that it is none. `have` counts what was read.
awaitable<result<wire::handshake>> read_handshake(tcp::socket& socket,
                                                  std::array<std::byte, wire::handshake_bytes>& bytes,
                                                  std::size_t& have) {
  for (;;) {
    const auto rest = asio::buffer(bytes.data() + have, bytes.size() - have);
    const auto [failed, n] = co_await socket.async_read_some(rest, use_tuple);
    if (failed) {
      co_return failed;
    }
    have += n;
    auto decoded = wire::decode_handshake(byte_view(bytes).first(have));
    if (decoded || have == bytes.size() || decoded.error() != wire::errc::bad_length) {
      co_return decoded;
    }
  }
}

awaitable<error> write_all(tcp::socket& socket, std::vector<std::byte> bytes) {
  const auto [failed, n] = co_await asio::async_write(socket, asio::buffer(bytes), use_tuple);
  co_return failed;
}

/// Until the machine is done or wants to be told which torrent is meant.
awaitable<error> shake_hands(tcp::socket& socket, encryption_handshake& machine) {
  std::array<std::byte, 1024> room;
  for (;;) {
    auto out = machine.output();
    if (!out.empty()) {
      const error unsaid = co_await write_all(socket, std::move(out));
      if (unsaid) {
        co_return unsaid;
      }
    }
    if (machine.done() || machine.asked()) {
      co_return error();
    }
    const auto [failed, n] = co_await socket.async_read_some(asio::buffer(room), use_tuple);
    if (failed) {
      co_return failed;
    }
    const auto fed = machine.feed(byte_view(room).first(n));
    if (!fed) {
      co_return fed.error();
    }
  }
}

/// The handshake inside the stream, which the encrypted one may have brought along in part or whole.
awaitable<result<greeting>> inner_handshake(tcp::socket& socket, secured stream) {
  std::array<std::byte, 1024> room;
  for (;;) {
    auto decoded = wire::decode_handshake(stream.received);
    if (decoded) {
      stream.received.erase(stream.received.begin(), stream.received.begin() + wire::handshake_bytes);
      greeting out{*decoded, std::move(stream)};
      co_return std::move(out);
    }
    if (decoded.error() != wire::errc::bad_length) {
      co_return decoded.error();
    }
    const auto [failed, n] = co_await socket.async_read_some(asio::buffer(room), use_tuple);
    if (failed) {
      co_return failed;
    }
    const auto fresh = std::span(room).first(n);
    if (stream.receiving) {
      stream.receiving->apply(fresh);
    }
    stream.received.insert(stream.received.end(), fresh.begin(), fresh.end());
  }
}

awaitable<result<greeting>> hear_encrypted(tcp::socket& socket, encrypted_calls encrypted,
                                           byte_view first_bytes) {
  auto chance = system_entropy();
  if (!chance) {
    co_return chance.error();
  }
  auto machine = encryption_handshake::answerer(acceptance_of(encrypted.policy), std::move(*chance));
  const auto begun = machine.feed(first_bytes);
  if (!begun) {
    co_return begun.error();
  }
  error failed = co_await shake_hands(socket, machine);
  if (failed) {
    co_return failed;
  }
  const auto torrent = encrypted.torrent_of(*machine.asked());
  if (!torrent) {
    co_return errc::wrong_torrent;
  }
  machine.torrent(*torrent);
  const auto told = machine.feed({});
  if (!told) {
    co_return told.error();
  }
  failed = co_await shake_hands(socket, machine);
  if (failed) {
    co_return failed;
  }
  auto heard = co_await inner_handshake(socket, machine.finish());
  if (heard && heard->theirs.info_hash != *torrent) {
    co_return errc::wrong_torrent;
  }
  co_return heard;
}

}  // namespace

awaitable<error> write_handshake(tcp::socket& socket, wire::handshake ours, std::optional<rc4>& sealing) {
  auto bytes = wire::encode(ours);
  if (sealing) {
    sealing->apply(bytes);
  }
  const auto [failed, n] = co_await asio::async_write(socket, asio::buffer(bytes), use_tuple);
  co_return failed;
}

awaitable<result<greeting>> greet(tcp::socket& socket, wire::handshake ours) {
  greeting out;
  const error unsaid = co_await write_handshake(socket, ours, out.stream.sending);
  if (unsaid) {
    co_return unsaid;
  }
  std::array<std::byte, wire::handshake_bytes> bytes;
  std::size_t have = 0;
  const auto theirs = co_await read_handshake(socket, bytes, have);
  if (!theirs) {
    co_return theirs.error();
  }
  out.theirs = *theirs;
  co_return std::move(out);
}

awaitable<result<greeting>> greet_encrypted(tcp::socket& socket, wire::handshake ours,
                                            cipher_choice offered) {
  auto chance = system_entropy();
  if (!chance) {
    co_return chance.error();
  }
  const auto first_bytes = wire::encode(ours);
  auto machine = encryption_handshake::caller(ours.info_hash, offered, first_bytes, std::move(*chance));
  const error failed = co_await shake_hands(socket, machine);
  if (failed) {
    co_return failed;
  }
  auto heard = co_await inner_handshake(socket, machine.finish());
  co_return heard;
}

awaitable<result<greeting>> hear(tcp::socket& socket, encrypted_calls encrypted) {
  std::array<std::byte, wire::handshake_bytes> bytes;
  std::size_t have = 0;
  const auto theirs = co_await read_handshake(socket, bytes, have);
  if (theirs && !may_be_plain(encrypted.policy)) {
    co_return errc::plaintext_refused;
  }
  if (theirs) {
    greeting out;
    out.theirs = *theirs;
    co_return std::move(out);
  }
  if (theirs.error() != wire::errc::bad_protocol || !may_be_encrypted(encrypted.policy)) {
    co_return theirs.error();
  }
  auto heard = co_await hear_encrypted(socket, std::move(encrypted), byte_view(bytes).first(have));
  co_return heard;
}

}  // namespace shoal::net
