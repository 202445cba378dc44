#pragma once
// From nothing to an established peer connection, within a deadline. Incoming: read the other's handshake,
// let the caller find the torrent, answer. Outgoing: connect, say ours, read theirs.
//
// Without encryption exactly the 68 bytes of the handshake are read, so what follows them is still in the
// socket; with it, what was read beyond them is handed over decrypted. A stranger
// that does not speak the protocol is refused at the first byte that differs (a web server's answer, a port
// scan), one that speaks it a byte at a time meets the deadline, and neither costs more than its socket and a
// frame.
//
// Both coroutines run on the caller's executor, which must be a strand or have one thread; the socket that
// they give has a strand of its own, and is touched by nobody else meanwhile.

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include <shoal/base/endpoint.hpp>
#include <shoal/base/result.hpp>
#include <shoal/base/time.hpp>
#include <shoal/net/asio.hpp>
#include <shoal/net/error.hpp>
#include <shoal/net/peer_link.hpp>
#include <shoal/net/route.hpp>
#include <shoal/wire/encryption.hpp>
#include <shoal/wire/handshake.hpp>

namespace shoal::net {

struct connect_options {
  route by;
  duration deadline = std::chrono::seconds(10);
  std::string congestion_control;  ///< of TCP, by its kernel name; empty: the system's default
  wire::mse::policy encryption = wire::mse::policy::off;
};

/// Connects to `remote` and shakes hands as `ours`. The socket gets a new strand on the threads of `context`.
awaitable<result<established>> connect_peer(asio::any_io_executor context, endpoint remote,
                                            wire::handshake ours, connect_options options);

/// What to answer to an incoming handshake; nothing refuses it. Called on the executor of `accept_peer`.
using handshake_answer = std::function<std::optional<wire::handshake>(const wire::handshake& theirs)>;

/// How calls that begin with the encrypted handshake are answered. Which one a call begins with shows by its
/// first bytes.
struct encrypted_calls {
  wire::mse::policy policy = wire::mse::policy::off;
  /// The torrent by `wire::mse::obfuscated`; nothing refuses it. Called on the executor of `accept_peer`.
  std::function<std::optional<sha1_digest>(const sha1_digest& obfuscated)> torrent_of;
};

/// `socket` was accepted on a strand of its own. One that comes from ourselves is answered before it is
/// refused, so that the connecting side learns whom it called.
awaitable<result<established>> accept_peer(tcp::socket socket, handshake_answer answer, duration deadline,
                                           encrypted_calls encrypted = {});

/// TCP_NODELAY, for any peer socket: messages are gathered into writes here, not by the kernel.
void tune_peer_socket(tcp::socket& socket);

}  // namespace shoal::net
