#include "net/interfaces.hpp"

#include <cstring>
#include <ifaddrs.h>
#include <memory>
#include <net/if.h>
#include <netinet/in.h>
#include <optional>
#include <span>

namespace shoal::net {

namespace {

std::optional<ip_address> address_in(const sockaddr* from) {
  if (from == nullptr) return std::nullopt;
  if (from->sa_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, from, sizeof in);
    return ip_address::from_bytes(std::as_bytes(std::span(&in.sin_addr, 1)));
  }
  if (from->sa_family == AF_INET6) {
    sockaddr_in6 in{};
    std::memcpy(&in, from, sizeof in);
    return ip_address::from_bytes(std::as_bytes(std::span(&in.sin6_addr, 1)));
  }
  return std::nullopt;
}

}  // namespace

std::vector<interface_address> interface_addresses() {
  ifaddrs* found = nullptr;
  if (::getifaddrs(&found) != 0) return {};
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> list(found, ::freeifaddrs);
  std::vector<interface_address> out;
  for (const ifaddrs* at = list.get(); at != nullptr; at = at->ifa_next) {
    const auto address = address_in(at->ifa_addr);
    if (!address) continue;
    const auto flag = [at](unsigned f) { return (at->ifa_flags & f) != 0; };
    out.push_back({at->ifa_name, ::if_nametoindex(at->ifa_name), *address, flag(IFF_UP), flag(IFF_MULTICAST),
                   flag(IFF_LOOPBACK)});
  }
  return out;
}

}  // namespace shoal::net
