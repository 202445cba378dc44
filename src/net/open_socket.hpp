#pragma once
// The one place that opens sockets to send or connect from.

#include <cerrno>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>

#include <shoal/base/endpoint.hpp>
#include <shoal/base/result.hpp>
#include <shoal/net/asio.hpp>
#include <shoal/net/error.hpp>
#include <shoal/net/route.hpp>

namespace shoal::net {

/// An empty name leaves the routes to choose. `errc::no_such_interface` for one that has gone; permission is
/// only needed before Linux 5.7.
inline error bind_to_device(int socket, const std::string& device) {
  if (device.empty()) return {};
  if (::setsockopt(socket, SOL_SOCKET, SO_BINDTODEVICE, device.data(),
                   static_cast<socklen_t>(device.size())) == 0) {
    return {};
  }
  if (errno == ENODEV) return errc::no_such_interface;
  return {errno, boost::system::system_category()};
}

/// Opens a TCP or UDP socket from which `target` is reached by `by` and in no other way.
/// `errc::no_such_interface` when that cannot be: the interface or address has gone, or is of another family.
template <class Socket>
error open_towards(Socket& socket, const ip_address& target, const route& by) {
  using protocol = typename Socket::protocol_type;
  if (!by.reaches(target)) return errc::no_such_interface;
  error failed;
  socket.open(target.is_v4() ? protocol::v4() : protocol::v6(), failed);
  if (!failed) failed = bind_to_device(socket.native_handle(), by.device);
  const auto source = by.source_towards(target);
  if (failed || !source) return failed;
  // Else every connection would take a port of its own, and there are 28,000 of them.
  const int late = 1;
  ::setsockopt(socket.native_handle(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &late, sizeof late);
  socket.bind(typename protocol::endpoint(to_asio(*source), 0), failed);
  return failed == boost::system::errc::address_not_available ? make_error_code(errc::no_such_interface)
                                                              : failed;
}

}  // namespace shoal::net
