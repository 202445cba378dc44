#pragma once
// How far an address can be reached from. A server on the internet that redirects us to an address of our own
// network, or of this very host, would use us to talk to what it cannot reach itself; so a redirect may not
// lead from a wider reach to a narrower one.

#include <cstdint>

#include <shoal/base/endpoint.hpp>

namespace shoal {

enum class reach : std::uint8_t { host, network, internet };

/// The unspecified address counts as this host, since connecting to it ends there.
inline reach reach_of(const ip_address& a) {
  if (a.is_loopback() || a.is_unspecified()) {
    return reach::host;
  }
  return a.is_private() || a.is_multicast() ? reach::network : reach::internet;
}

}  // namespace shoal
