#pragma once
// Datagrams to and from the groups of local discovery (BEP 14), on every interface of this machine that takes
// part in multicast, or where a route leads. Nothing leaves the own network: one hop.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/ip/udp.hpp>

#include <shoal/base/endpoint.hpp>
#include <shoal/base/result.hpp>
#include <shoal/net/asio.hpp>
#include <shoal/net/route.hpp>

namespace shoal::net {

/// One group, on a strand.
class multicast {
 public:
  multicast(const asio::any_io_executor& where, endpoint group);

  /// Joins the group on those interfaces; fails when there is none, or the port cannot be had. With a route
  /// that is confined, nothing is sent or heard elsewhere. Loopback is one when it is named.
  error open(const route& by);
  /// Calls `heard` with each datagram and its sender until `close`.
  awaitable<void> run(std::function<void(const ip_address& from, std::string_view datagram)> heard);
  /// To the group, on each interface; what cannot be sent is lost.
  void send(std::string_view datagram);
  void close();

  const endpoint& group() const { return group_; }

 private:
  struct interface {
    ip_address address;
    unsigned index = 0;
  };
  std::vector<interface> interfaces(const route& by) const;
  error join(const interface& i);

  endpoint group_;
  asio::ip::udp::socket socket_;  ///< bound to the group: hears
  asio::ip::udp::socket sender_;
  std::vector<interface> joined_;
};

}  // namespace shoal::net
