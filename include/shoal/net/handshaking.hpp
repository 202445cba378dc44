#pragma once
// From nothing to an established peer connection, within a deadline. Incoming: read the other's handshake,
// let the caller find the torrent, answer. Outgoing: connect, say ours, read theirs.

#include <functional>
#include <optional>

#include <shoal/base/time.hpp>
#include <shoal/net/peer_link.hpp>

namespace shoal::net {

enum class errc {
  deadline_passed = 1,
  wrong_torrent,      ///< the other side answered for another info-hash, or asked for one we do not have
  connected_to_self,  ///< the other side has our own peer id
  no_such_interface,
};
const boost::system::error_category& category();
inline error make_error_code(errc e) {
  return {static_cast<int>(e), category()};
}

struct connect_options {
  std::optional<ip_address> bind_address;  ///< connections leave from here
  duration deadline = std::chrono::seconds(10);
};

/// Connects to `remote` on a new strand of `context` and shakes hands as `ours`.
awaitable<result<established>> connect_peer(asio::any_io_executor context, endpoint remote,
                                            wire::handshake ours, connect_options options);

/// What to answer to an incoming handshake; nothing refuses it.
using handshake_answer = std::function<std::optional<wire::handshake>(const wire::handshake& theirs)>;

/// `socket` was accepted on a strand of its own.
awaitable<result<established>> accept_peer(tcp::socket socket, handshake_answer answer, duration deadline);

/// TCP_NODELAY and friends, for any peer socket.
void tune_peer_socket(tcp::socket& socket);

}  // namespace shoal::net

template <>
struct boost::system::is_error_code_enum<shoal::net::errc> : std::true_type {};
