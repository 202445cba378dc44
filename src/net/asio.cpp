#include <cerrno>
#include <cstring>
#include <sys/socket.h>

#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/udp.hpp>

#include <shoal/net/asio.hpp>

namespace shoal::net {

asio::ip::address to_asio(const ip_address& a) {
  const byte_view raw = a.bytes();
  if (a.is_v4()) {
    asio::ip::address_v4::bytes_type octets{};
    std::memcpy(octets.data(), raw.data(), octets.size());
    return asio::ip::address_v4(octets);
  }
  asio::ip::address_v6::bytes_type octets{};
  std::memcpy(octets.data(), raw.data(), octets.size());
  return asio::ip::address_v6(octets);
}

tcp::endpoint to_asio(const endpoint& e) {
  return {to_asio(e.address), e.port};
}

ip_address from_asio(const asio::ip::address& a) {
  if (a.is_v4()) {
    return ip_address::v4(a.to_v4().to_bytes());
  }
  return ip_address::v6(a.to_v6().to_bytes());
}

endpoint from_asio(const tcp::endpoint& e) {
  return {from_asio(e.address()), e.port()};
}

template <class Protocol>
Protocol protocol_of(int descriptor, boost::system::error_code& failed) {
  sockaddr_storage name{};
  socklen_t length = sizeof name;
  if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&name), &length) != 0) {
    failed = {errno, boost::system::system_category()};
  } else if (name.ss_family != AF_INET && name.ss_family != AF_INET6) {
    failed = asio::error::address_family_not_supported;
  }
  return name.ss_family == AF_INET6 ? Protocol::v6() : Protocol::v4();
}

template tcp protocol_of(int, boost::system::error_code&);
template asio::ip::udp protocol_of(int, boost::system::error_code&);

}  // namespace shoal::net
