#include <net/if.h>

#include <boost/asio/ip/udp.hpp>

#include <shoal/net/route.hpp>

#include "net/interfaces.hpp"
#include "net/open_socket.hpp"

namespace shoal::net {

namespace {

using udp = asio::ip::udp;

/// Whether a socket can be opened so at all; nothing is sent.
error attempt(const route& by, const ip_address& target) {
  asio::io_context context;
  udp::socket socket(context);
  return open_towards(socket, target, by);
}

bool is_link_local(const ip_address& a) {
  const auto bytes = a.bytes();
  return a.is_v6() && bytes[0] == std::byte{0xfe} && (bytes[1] & std::byte{0xc0}) == std::byte{0x80};
}

/// Of an interface that we may not bind to. A link-local address would need the interface's name as well.
route by_addresses_of(const std::string& device) {
  route out;
  for (const auto& i : interface_addresses()) {
    if (i.device != device || is_link_local(i.address)) continue;
    auto& kept = i.address.is_v4() ? out.v4 : out.v6;
    if (!kept) kept = i.address;
  }
  return out;
}

}  // namespace

route route::from(const ip_address& a) {
  route out;
  if (!a.is_unspecified()) (a.is_v4() ? out.v4 : out.v6) = a;
  return out;
}

bool route::reaches(const ip_address& target) const {
  return (!v4 && !v6) || source_towards(target);
}

std::optional<ip_address> route::source_towards(const ip_address& target) const {
  return target.is_v4() ? v4 : v6;
}

bool route::is_loopback() const {
  return device == "lo" || (v4 && v4->is_loopback()) || (v6 && v6->is_loopback());
}

outcome<route> route_of(std::string_view where) {
  const std::string name(where);
  const failure unknown{make_error_code(errc::no_such_interface), name};
  if (const auto address = ip_address::parse(where)) {
    const auto out = route::from(*address);
    if (attempt(out, *address)) return unknown;
    return out;
  }
  if (name.empty() || name.size() >= IF_NAMESIZE || ::if_nametoindex(name.c_str()) == 0) return unknown;
  route out;
  out.device = name;
  if (!attempt(out, ip_address())) return out;
  out = by_addresses_of(name);
  if (!out.confined()) return unknown;
  return out;
}

}  // namespace shoal::net
