#include <utility>

#include <shoal/net/handshaking.hpp>
#include <shoal/net/with_deadline.hpp>
#include <shoal/wire/codec.hpp>

#include "net/dial.hpp"
#include "net/greeting.hpp"
#include "net/serial.hpp"

namespace shoal::net {
namespace {

awaitable<result<tcp::socket>> connected_socket(asio::any_io_executor own, endpoint remote,
                                                connect_options options) {
  dial_options dialling;
  dialling.by = std::move(options.by);
  dialling.congestion_control = std::move(options.congestion_control);
  auto socket = co_await connect_to(own, remote, std::move(dialling));
  if (socket) {
    tune_peer_socket(*socket);
  }
  co_return socket;
}

result<established> introduced(result<greeting> heard, const wire::handshake& ours, const endpoint& remote,
                               tcp::socket socket) {
  if (!heard) {
    return heard.error();
  }
  if (heard->theirs.info_hash != ours.info_hash) {
    return errc::wrong_torrent;
  }
  if (heard->theirs.id == ours.id) {
    return errc::connected_to_self;
  }
  return established{std::move(socket), heard->theirs, remote, true, std::move(heard->stream)};
}

awaitable<result<established>> call_once(asio::any_io_executor context, endpoint remote, wire::handshake ours,
                                         connect_options options, bool encrypted) {
  auto socket = co_await connected_socket(new_strand(context), remote, options);
  if (!socket) {
    co_return socket.error();
  }
  auto heard = encrypted ? greet_encrypted(*socket, ours, wire::mse::offer_of(options.encryption))
                         : greet(*socket, ours);
  if (!encrypted || !wire::mse::may_be_plain(options.encryption)) {
    auto answer = co_await std::move(heard);
    co_return introduced(std::move(answer), ours, remote, std::move(*socket));
  }
  // One that does not understand may as well be silent: time must be left for the other way.
  auto in_time = co_await with_deadline(options.deadline / 2, std::move(heard));
  auto answer = in_time ? std::move(*in_time) : result<greeting>(errc::deadline_passed);
  co_return introduced(std::move(answer), ours, remote, std::move(*socket));
}

/// Did the other side connect, but not understand how we spoke?
bool not_understood(const error& e) {
  return e == asio::error::eof || e == asio::error::connection_reset || e == asio::error::broken_pipe ||
         e == errc::deadline_passed || e.category() == wire::category();
}

awaitable<result<established>> call(asio::any_io_executor context, endpoint remote, wire::handshake ours,
                                    connect_options options) {
  const bool encrypted = wire::mse::encrypted_first(options.encryption);
  auto first = co_await call_once(context, remote, ours, options, encrypted);
  const bool other_way = encrypted ? wire::mse::may_be_plain(options.encryption)
                                   : wire::mse::may_be_encrypted(options.encryption);
  if (first || !other_way || !not_understood(first.error())) {
    co_return first;
  }
  auto second = co_await call_once(context, remote, ours, options, !encrypted);
  if (second || !not_understood(second.error())) {
    co_return second;
  }
  co_return first;  // it tells more: the way that we would rather have spoken
}

awaitable<result<established>> answer_call(tcp::socket socket, handshake_answer answer,
                                           encrypted_calls encrypted) {
  error gone;
  const auto remote = socket.remote_endpoint(gone);
  if (gone) {
    co_return gone;
  }
  tune_peer_socket(socket);
  auto heard = co_await hear(socket, std::move(encrypted));
  if (!heard) {
    co_return heard.error();
  }
  const auto ours = answer(heard->theirs);
  if (!ours) {
    co_return errc::wrong_torrent;
  }
  const error unsaid = co_await write_handshake(socket, *ours, heard->stream.sending);
  if (unsaid) {
    co_return unsaid;
  }
  if (heard->theirs.id == ours->id) {
    co_return errc::connected_to_self;
  }
  co_return established{std::move(socket), heard->theirs, from_asio(remote), false, std::move(heard->stream)};
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
  auto called = call(context, remote, ours, std::move(options));
  auto ended = co_await with_deadline(deadline, std::move(called));
  co_return outcome_of(std::move(ended));
}

awaitable<result<established>> accept_peer(tcp::socket socket, handshake_answer answer, duration deadline,
                                           encrypted_calls encrypted) {
  auto answered = answer_call(std::move(socket), std::move(answer), std::move(encrypted));
  auto ended = co_await with_deadline(deadline, std::move(answered));
  co_return outcome_of(std::move(ended));
}

void tune_peer_socket(tcp::socket& socket) {
  error ignored;  // a socket that cannot be tuned will fail when it is used
  socket.set_option(tcp::no_delay(true), ignored);
}

}  // namespace shoal::net
