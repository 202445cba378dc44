#pragma once
// A UDP socket of the tracker's: datagrams in and replies out, many a system call, as long as any are there.
// Several may share an address (SO_REUSEPORT): the kernel deals the senders out among them.

#include <memory>

#include <boost/asio/ip/udp.hpp>

#include <shoal/base/endpoint.hpp>
#include <shoal/base/result.hpp>
#include <shoal/net/asio.hpp>

#include "server/request_counts.hpp"
#include "server/udp_answerer.hpp"

namespace shoal::server {

class udp_door {
 public:
  /// `answerer` outlives it.
  udp_door(net::strand where, const udp_answerer& answerer);
  ~udp_door();
  udp_door(const udp_door&) = delete;
  udp_door& operator=(const udp_door&) = delete;

  /// The unspecified IPv6 address takes IPv4 as well. `shared`: others will open the same address, or have.
  outcome<void> open(const endpoint& where, bool shared);
  /// Takes a socket that is bound already; it is the door's from then on.
  outcome<void> adopt(int descriptor);
  /// Where it is bound. Only after `open` or `adopt`.
  endpoint local() const;
  /// Until `close` or cancellation. On the strand.
  net::awaitable<void> run();
  /// After what has come was answered.
  void close();
  /// Its own, so that no two threads count in one place.
  const request_counts& counts() const { return counts_; }

 private:
  struct batch;

  /// Answers what has come, one batch; false when there is nothing.
  bool serve_batch();
  void prepare(bool tells_destination, error& failed);

  net::asio::ip::udp::socket socket_;
  const udp_answerer& answerer_;
  request_counts counts_;
  std::unique_ptr<batch> batch_;
};

}  // namespace shoal::server
