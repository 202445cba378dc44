#pragma once
// The handshakes of a connected socket, in plain and encrypted. References are to the frame of the caller,
// which awaits these at once.

#include <optional>

#include <shoal/base/result.hpp>
#include <shoal/net/asio.hpp>
#include <shoal/net/handshaking.hpp>
#include <shoal/wire/encryption.hpp>
#include <shoal/wire/handshake.hpp>

namespace shoal::net {

struct greeting {
  wire::handshake theirs;
  wire::mse::secured stream;
};

/// Says ours, reads theirs.
awaitable<result<greeting>> greet(tcp::socket& socket, wire::handshake ours);
/// The same by the encrypted handshake.
awaitable<result<greeting>> greet_encrypted(tcp::socket& socket, wire::handshake ours,
                                            wire::mse::cipher_choice offered);
/// Reads what a caller says, in plain or encrypted as its first bytes tell; no answer to the inner handshake.
awaitable<result<greeting>> hear(tcp::socket& socket, encrypted_calls encrypted);

awaitable<error> write_handshake(tcp::socket& socket, wire::handshake ours,
                                 std::optional<wire::mse::rc4>& sealing);

}  // namespace shoal::net
