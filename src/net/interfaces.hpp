#pragma once
// The addresses of this machine's network interfaces.

#include <string>
#include <vector>

#include <shoal/base/endpoint.hpp>

namespace shoal::net {

struct interface_address {
  std::string device;
  unsigned index = 0;  ///< of the interface, as the kernel counts them
  ip_address address;
  bool up = false;
  bool multicast = false;
  bool loopback = false;
};

/// As the kernel lists them; none when it does not.
std::vector<interface_address> interface_addresses();

}  // namespace shoal::net
