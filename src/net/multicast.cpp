#include <algorithm>
#include <array>
#include <cstring>
#include <ifaddrs.h>
#include <memory>
#include <net/if.h>
#include <netinet/in.h>
#include <span>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/multicast.hpp>
#include <boost/asio/ip/v6_only.hpp>

#include <shoal/net/multicast.hpp>

namespace shoal::net {
namespace {

namespace option = asio::ip::multicast;
using udp = asio::ip::udp;

constexpr std::size_t datagram_bytes_max = 4096;
constexpr std::size_t interfaces_max = 32;

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

multicast::multicast(const asio::any_io_executor& where, endpoint group) : group_(group), socket_(where) {}

/// One a device: the first address of the group's family, or the one that was named.
std::vector<multicast::interface> multicast::interfaces(const std::optional<ip_address>& only_on) const {
  ifaddrs* found = nullptr;
  if (::getifaddrs(&found) != 0) return {};
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> list(found, ::freeifaddrs);
  std::vector<interface> out;
  for (const auto* at = list.get(); at != nullptr; at = at->ifa_next) {
    const auto address = address_in(at->ifa_addr);
    if (!address || address->is_v4() != group_.address.is_v4() || (at->ifa_flags & IFF_UP) == 0) continue;
    const bool usual = (at->ifa_flags & IFF_MULTICAST) != 0 && (at->ifa_flags & IFF_LOOPBACK) == 0;
    if (only_on ? *only_on != *address : !usual) continue;
    const unsigned index = ::if_nametoindex(at->ifa_name);
    const bool known = std::ranges::any_of(out, [index](const auto& i) { return i.index == index; });
    if (index != 0 && !known && out.size() < interfaces_max) out.push_back({*address, index});
  }
  return out;
}

error multicast::join(const interface& i) {
  error failed;
  if (group_.address.is_v4()) {
    socket_.set_option(option::join_group(to_asio(group_.address).to_v4(), to_asio(i.address).to_v4()),
                       failed);
  } else {
    socket_.set_option(option::join_group(to_asio(group_.address).to_v6(), i.index), failed);
  }
  return failed;
}

error multicast::open(const std::optional<ip_address>& only_on) {
  const udp::endpoint group(to_asio(group_.address), group_.port);
  error failed;
  socket_.open(group.protocol(), failed);
  if (!failed)
    socket_.set_option(udp::socket::reuse_address(true), failed);  // other clients listen there too
  if (!failed && group_.address.is_v6()) socket_.set_option(asio::ip::v6_only(true), failed);
  if (!failed) socket_.set_option(option::hops(1), failed);
  if (!failed) socket_.set_option(option::enable_loopback(true), failed);  // peers on this machine
  // Bound to the group, so that nothing that was sent to this port by name gets in.
  if (!failed) socket_.bind(group, failed);
  if (failed) {
    close();
    return failed;
  }
  error last = asio::error::address_family_not_supported;
  for (const auto& i : interfaces(only_on)) {
    last = join(i);
    if (!last) joined_.push_back(i);
  }
  if (joined_.empty()) {
    close();
    return last;
  }
  return {};
}

awaitable<void> multicast::run(std::function<void(const ip_address&, std::string_view)> heard) {
  std::array<char, datagram_bytes_max> room;
  udp::endpoint from;
  while (socket_.is_open()) {
    const auto [failed, n] = co_await socket_.async_receive_from(asio::buffer(room), from, use_tuple);
    if (failed == asio::error::operation_aborted || failed == asio::error::bad_descriptor) {
      co_return;
    }
    if (!failed) heard(from_asio(from.address()), std::string_view(room.data(), n));
  }
}

void multicast::send(std::string_view datagram) {
  const udp::endpoint group(to_asio(group_.address), group_.port);
  for (const auto& i : joined_) {
    error ignored;
    if (group_.address.is_v4()) {
      socket_.set_option(option::outbound_interface(to_asio(i.address).to_v4()), ignored);
    } else {
      socket_.set_option(option::outbound_interface(i.index), ignored);
    }
    socket_.send_to(asio::buffer(datagram), group, 0, ignored);
  }
}

void multicast::close() {
  error ignored;
  socket_.close(ignored);
  joined_.clear();
}

}  // namespace shoal::net
