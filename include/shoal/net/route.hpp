#pragma once
// How what we open leaves this machine: connections to peers, trackers and web seeds, and datagrams. All of
// it is opened in one place (src/net/open_socket.hpp), so that nothing can leave another way.

#include <optional>
#include <string>
#include <string_view>

#include <shoal/base/endpoint.hpp>
#include <shoal/base/result.hpp>
#include <shoal/net/proxy.hpp>

namespace shoal::net {

struct route {
  std::string device;                ///< the only network interface to leave by; empty: any
  std::optional<ip_address> v4, v6;  ///< the only addresses to leave from; with both absent: any
  std::optional<proxy> via;          ///< connections are made by it, and nothing else leaves

  /// From this address, or from anywhere when it is the unspecified one.
  static route from(const ip_address& a);

  bool confined() const { return !device.empty() || v4 || v6; }
  /// Whether anything can be sent to addresses of this one's family.
  bool reaches(const ip_address& target) const;
  /// Where sockets to `target` are bound; nothing: wherever the system chooses.
  std::optional<ip_address> source_towards(const ip_address& target) const;
  /// Whether it leads to this machine only.
  bool is_loopback() const;
};

/// By the words of a person: an address of this machine, or the name of a network interface. Where the kernel
/// lets us, sockets are bound to the interface itself, else to its first addresses. `errc::no_such_source`
/// with `where` as its subject when this machine has neither.
outcome<route> route_of(std::string_view where);

}  // namespace shoal::net
