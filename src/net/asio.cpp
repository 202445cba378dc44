#include <cstring>

#include <boost/asio/ip/address.hpp>

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

}  // namespace shoal::net
