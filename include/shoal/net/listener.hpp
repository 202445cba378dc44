#pragma once
// Accepts TCP connections, each on a strand of its own. Whatever the kernel reports for one connection, or
// for the want of descriptors or memory, ends no listener: it goes on, at once or after a pause, and never
// spins.
//
// Deliberately absent: any limit on connections (whoever is given the socket may close it).

#include <functional>
#include <string>

#include <boost/asio/steady_timer.hpp>

#include <shoal/base/endpoint.hpp>
#include <shoal/base/result.hpp>
#include <shoal/net/asio.hpp>

namespace shoal::net {

class listener {
 public:
  explicit listener(asio::any_io_executor context);

  /// Binds and listens. Port 0 takes a free one. The unspecified IPv6 address takes IPv4 as well. The sockets
  /// that are accepted have this TCP congestion control; empty leaves the system's default. With a device,
  /// only what comes by that network interface is accepted.
  outcome<void> open(const endpoint& where, const std::string& congestion_control = {},
                     const std::string& device = {});
  /// Takes a socket that listens already, such as a service manager hands over; it is the listener's from
  /// then on.
  outcome<void> adopt(int descriptor);
  /// Where it listens, with the real port. Only after `open` or `adopt`.
  endpoint local() const { return local_; }

  /// Calls `accepted` with each new socket (its executor is a new strand) until `close` or cancellation.
  awaitable<void> run(std::function<void(tcp::socket)> accepted);
  /// From the executor on which `run` runs.
  void close();

 private:
  asio::any_io_executor context_;
  tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  endpoint local_;
};

}  // namespace shoal::net
