#pragma once
// Datagrams to and from the groups of local discovery (BEP 14), on every interface of this machine that takes
// part in multicast, or on the one that has a given address. Nothing leaves the own network: one hop.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/ip/udp.hpp>

#include <shoal/base/endpoint.hpp>
#include <shoal/base/result.hpp>
#include <shoal/net/asio.hpp>

namespace shoal::net {

/// One group, on a strand.
class multicast {
 public:
  multicast(const asio::any_io_executor& where, endpoint group);

  /// Joins the group on those interfaces; fails when there is none, or the port cannot be had. With
  /// `only_on`, nothing is sent or heard elsewhere. Loopback is one when it is named.
  error open(const std::optional<ip_address>& only_on);
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
  std::vector<interface> interfaces(const std::optional<ip_address>& only_on) const;
  error join(const interface& i);

  endpoint group_;
  asio::ip::udp::socket socket_;
  std::vector<interface> joined_;
};

}  // namespace shoal::net
