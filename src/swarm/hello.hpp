#pragma once
// What we say of ourselves in every extension handshake (BEP 10).

#include <string>

#include <shoal/peer/upload_queue.hpp>
#include <shoal/wire/extension.hpp>

namespace shoal::swarm {

/// Without ids: those depend on what the torrent offers.
inline wire::extension_handshake make_hello(const std::string& client, std::uint16_t listen_port,
                                            const ip_address& remote) {
  wire::extension_handshake hello;
  hello.client = client;
  hello.requests_max = peer::upload_queue::requests_max;
  hello.your_address = remote;
  if (listen_port != 0) {
    hello.listen_port = listen_port;
  }
  return hello;
}

}  // namespace shoal::swarm
