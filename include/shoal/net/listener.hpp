#pragma once
// Accepts TCP connections, each on a strand of its own. Running out of descriptors pauses accepting for a
// moment instead of spinning.

#include <functional>
#include <vector>

#include <shoal/base/endpoint.hpp>
#include <shoal/base/result.hpp>
#include <shoal/net/asio.hpp>

namespace shoal::net {

class listener {
 public:
  explicit listener(asio::any_io_executor context);

  /// Binds and listens. Port 0 takes a free one. The unspecified IPv6 address takes IPv4 as well.
  outcome<void> open(const endpoint& where);
  /// Where it listens, with the real port.
  endpoint local() const;

  /// Calls `accepted` with each new socket (its executor is a new strand) until `close` or cancellation.
  awaitable<void> run(std::function<void(tcp::socket)> accepted);
  /// From the executor on which `run` runs.
  void close();

 private:
  asio::any_io_executor context_;
  tcp::acceptor acceptor_;
};

}  // namespace shoal::net
