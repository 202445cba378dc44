#include <array>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

#include <shoal/net/handshaking.hpp>
#include <shoal/net/with_deadline.hpp>
#include <shoal/wire/codec.hpp>

#include "net/congestion.hpp"
#include "net/serial.hpp"

namespace shoal::net {
namespace {

/// References are to the frame of the caller, which awaits this at once.
awaitable<result<wire::handshake>> read_handshake(tcp::socket& socket) {
  std::array<std::byte, wire::handshake_bytes> bytes;
  std::size_t have = 0;
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

awaitable<error> write_handshake(tcp::socket& socket, wire::handshake ours) {
  const auto bytes = wire::encode(ours);
  const auto [failed, n] = co_await asio::async_write(socket, asio::buffer(bytes), use_tuple);
  co_return failed;
}

error open_and_bind(tcp::socket& socket, const tcp::endpoint& remote, const connect_options& options) {
  const auto& from = options.bind_address;
  error failed;
  socket.open(remote.protocol(), failed);
  if (!failed) {
    failed = set_congestion_control(socket.native_handle(), options.congestion_control);
  }
  if (failed || !from || from->is_unspecified()) {
    return failed;
  }
  const tcp::endpoint here(to_asio(*from), 0);
  if (here.protocol() != remote.protocol()) {
    return errc::no_such_interface;
  }
  socket.bind(here, failed);
  return failed == boost::system::errc::address_not_available ? make_error_code(errc::no_such_interface)
                                                              : failed;
}

awaitable<result<established>> dial(asio::any_io_executor own, endpoint remote, wire::handshake ours,
                                    connect_options options) {
  tcp::socket socket(own);
  const auto target = to_asio(remote);
  if (const error failed = open_and_bind(socket, target, options)) {
    co_return failed;
  }
  const auto [unconnected] = co_await socket.async_connect(target, use_tuple);
  if (unconnected) {
    co_return unconnected;
  }
  tune_peer_socket(socket);
  const error unsaid = co_await write_handshake(socket, ours);
  if (unsaid) {
    co_return unsaid;
  }
  const auto theirs = co_await read_handshake(socket);
  if (!theirs) {
    co_return theirs.error();
  }
  if (theirs->info_hash != ours.info_hash) {
    co_return errc::wrong_torrent;
  }
  if (theirs->id == ours.id) {
    co_return errc::connected_to_self;
  }
  co_return established{std::move(socket), *theirs, remote, true};
}

awaitable<result<established>> answer_call(tcp::socket socket, handshake_answer answer) {
  error gone;
  const auto remote = socket.remote_endpoint(gone);
  if (gone) {
    co_return gone;
  }
  tune_peer_socket(socket);
  const auto theirs = co_await read_handshake(socket);
  if (!theirs) {
    co_return theirs.error();
  }
  const auto ours = answer(*theirs);
  if (!ours) {
    co_return errc::wrong_torrent;
  }
  const error unsaid = co_await write_handshake(socket, *ours);
  if (unsaid) {
    co_return unsaid;
  }
  if (theirs->id == ours->id) {
    co_return errc::connected_to_self;
  }
  co_return established{std::move(socket), *theirs, from_asio(remote), false};
}

/// An operation that was cut short says so itself, as a value; here that can only be the deadline, or a
/// cancellation of the caller, who will not look at the result.
result<established> outcome_of(std::optional<result<established>> ended) {
  if (!ended || ended->error() == asio::error::operation_aborted) {
    return errc::deadline_passed;
  }
  return std::move(*ended);
}

}  // namespace

awaitable<result<established>> connect_peer(asio::any_io_executor context, endpoint remote,
                                            wire::handshake ours, connect_options options) {
  const duration deadline = options.deadline;
  auto dialled = dial(new_strand(context), remote, ours, std::move(options));
  auto ended = co_await with_deadline(deadline, std::move(dialled));
  co_return outcome_of(std::move(ended));
}

awaitable<result<established>> accept_peer(tcp::socket socket, handshake_answer answer, duration deadline) {
  auto answered = answer_call(std::move(socket), std::move(answer));
  auto ended = co_await with_deadline(deadline, std::move(answered));
  co_return outcome_of(std::move(ended));
}

void tune_peer_socket(tcp::socket& socket) {
  error ignored;  // a socket that cannot be tuned will fail when it is used
  socket.set_option(tcp::no_delay(true), ignored);
}

}  // namespace shoal::net
