#pragma once
// TCP congestion control of one socket (tcp(7), TCP_CONGESTION). Accepted sockets have their listener's.

#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <sys/socket.h>

#include <shoal/base/result.hpp>
#include <shoal/net/error.hpp>

namespace shoal::net {

/// An empty name leaves the system's default. `errc::no_such_congestion_control` for one that the kernel does
/// not have, or does not let this user choose.
inline error set_congestion_control(int socket, const std::string& name) {
  if (name.empty()) return {};
  if (::setsockopt(socket, IPPROTO_TCP, TCP_CONGESTION, name.data(), static_cast<socklen_t>(name.size())) ==
      0) {
    return {};
  }
  const int failed = errno;
  if (failed == ENOENT || failed == EPERM) return errc::no_such_congestion_control;
  return {failed, boost::system::system_category()};
}

}  // namespace shoal::net
