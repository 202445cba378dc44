#include <algorithm>
#include <array>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/multicast.hpp>
#include <boost/asio/ip/v6_only.hpp>

#include <shoal/net/multicast.hpp>

#include "net/interfaces.hpp"
#include "net/open_socket.hpp"

namespace shoal::net {
namespace {

namespace option = asio::ip::multicast;
using udp = asio::ip::udp;

constexpr std::size_t announce_bytes_max = 4096;
constexpr std::size_t interfaces_max = 32;

}  // namespace

multicast::multicast(const asio::any_io_executor& where, endpoint group)
    : group_(group), socket_(where), sender_(where) {}

/// One a device: the first address of the group's family, or the one that was named.
std::vector<multicast::interface> multicast::interfaces(const route& by) const {
  std::vector<interface> out;
  for (const auto& i : interface_addresses()) {
    if (i.address.is_v4() != group_.address.is_v4() || !i.up || i.index == 0) continue;
    const auto source = by.source_towards(group_.address);
    const bool usual = by.confined() || (i.multicast && !i.loopback);
    const bool wanted = by.device.empty() ? !source || *source == i.address : by.device == i.device;
    const bool known = std::ranges::any_of(out, [&i](const auto& k) { return k.index == i.index; });
    if (usual && wanted && !known && out.size() < interfaces_max) out.push_back({i.address, i.index});
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

error multicast::open(const route& by) {
  const udp::endpoint group(to_asio(group_.address), group_.port);
  error failed = open_towards(sender_, group_.address, by);
  if (!failed) sender_.set_option(option::hops(1), failed);
  if (!failed) sender_.set_option(option::enable_loopback(true), failed);  // peers on this machine
  if (!failed) socket_.open(group.protocol(), failed);
  if (!failed) failed = bind_to_device(socket_.native_handle(), by.device);
  if (!failed)
    socket_.set_option(udp::socket::reuse_address(true), failed);  // other clients listen there too
  if (!failed && group_.address.is_v6()) socket_.set_option(asio::ip::v6_only(true), failed);
  // Bound to the group, so that nothing that was sent to this port by name gets in.
  if (!failed) socket_.bind(group, failed);
  if (failed) {
    close();
    return failed;
  }
  error last = asio::error::address_family_not_supported;
  for (const auto& i : interfaces(by)) {
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
  std::array<char, announce_bytes_max> room;
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
      sender_.set_option(option::outbound_interface(to_asio(i.address).to_v4()), ignored);
    } else {
      sender_.set_option(option::outbound_interface(i.index), ignored);
    }
    sender_.send_to(asio::buffer(datagram), group, 0, ignored);
  }
}

void multicast::close() {
  error ignored;
  socket_.close(ignored);
  sender_.close(ignored);
  joined_.clear();
}

}  // namespace shoal::net
