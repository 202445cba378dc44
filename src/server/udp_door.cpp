#include "server/udp_door.hpp"

#include <array>
#include <cstring>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>

#include <boost/asio/ip/v6_only.hpp>

#include "server/steady_now.hpp"

namespace shoal::server {

namespace asio = boost::asio;

namespace {

/// Datagrams a system call. More would not be cheaper, and these fit the second cache.
constexpr std::size_t datagrams_a_call = 32;
/// Batches until others on the thread have their turn.
constexpr int batches_in_a_row = 8;
/// What may wait in the kernel while the thread does something else; it gives what its own limit allows.
constexpr int receive_buffer_bytes = 4 * 1024 * 1024;

using reuse_port = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

ip_address address_of(const sockaddr_storage& from) {
  if (from.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &from, sizeof v4);
    std::array<std::uint8_t, 4> octets{};
    std::memcpy(octets.data(), &v4.sin_addr, octets.size());
    return ip_address::v4(octets);
  }
  sockaddr_in6 v6{};
  std::memcpy(&v6, &from, sizeof v6);
  std::array<std::uint8_t, 16> octets{};
  std::memcpy(octets.data(), &v6.sin6_addr, octets.size());
  return ip_address::v6(octets);
}

}  // namespace

/// All memory that serving takes. A request's slot has its sender, its bytes and which of the host's
/// addresses it came to, from which the reply goes out: on a host with several the client would not know
/// another.
struct udp_door::batch {
  struct slot {
    sockaddr_storage from;
    alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(in6_pktinfo))> control;
    iovec piece;
    std::array<std::byte, udp_request_bytes_max> request;
    std::array<std::byte, udp_reply_bytes_max> reply;
  };
  std::array<slot, datagrams_a_call> slots;
  std::array<mmsghdr, datagrams_a_call> incoming;
  std::array<mmsghdr, datagrams_a_call> outgoing;

  void prepare() {
    for (std::size_t i = 0; i < datagrams_a_call; ++i) {
      slot& s = slots[i];
      s.piece = {s.request.data(), s.request.size()};
      incoming[i].msg_hdr = {&s.from, sizeof s.from, &s.piece, 1, s.control.data(), s.control.size(), 0};
    }
  }
  /// The sender's and the host's address stay where the request's header had them.
  void answer(std::size_t request, std::size_t place, std::size_t bytes) {
    slot& s = slots[request];
    s.piece = {s.reply.data(), bytes};
    outgoing[place] = incoming[request];
    outgoing[place].msg_hdr.msg_flags = 0;
  }
};

udp_door::udp_door(net::strand where, const udp_answerer& answerer)
    : socket_(where), answerer_(answerer), batch_(std::make_unique<batch>()) {}

udp_door::~udp_door() = default;

outcome<void> udp_door::open(const endpoint& where, bool shared) {
  const asio::ip::udp::endpoint at(net::to_asio(where.address), where.port);
  error failed;
  socket_.open(at.protocol(), failed);
  if (!failed && shared) {
    socket_.set_option(reuse_port(true), failed);
  }
  if (!failed && where.address.is_v6()) {
    socket_.set_option(asio::ip::v6_only(!where.address.is_unspecified()), failed);
  }
  if (!failed) {
    prepare(where.address.is_unspecified(), failed);
  }
  if (!failed) {
    socket_.bind(at, failed);
  }
  if (failed) {
    close();
    return failure{failed, where.to_string()};
  }
  return {};
}

void udp_door::prepare(bool tells_destination, error& failed) {
  error ignored;
  if (tells_destination) {
    using v4_info = asio::detail::socket_option::boolean<IPPROTO_IP, IP_PKTINFO>;
    using v6_info = asio::detail::socket_option::boolean<IPPROTO_IPV6, IPV6_RECVPKTINFO>;
    socket_.set_option(v4_info(true), ignored);
    socket_.set_option(v6_info(true), ignored);
  }
  socket_.set_option(asio::socket_base::receive_buffer_size(receive_buffer_bytes), ignored);
  socket_.native_non_blocking(true, failed);
}

outcome<void> udp_door::adopt(int descriptor) {
  error failed;
  const auto protocol = net::protocol_of<asio::ip::udp>(descriptor, failed);
  if (!failed) {
    socket_.assign(protocol, descriptor, failed);
  }
  if (!failed) {
    prepare(local().address.is_unspecified(), failed);
  }
  if (failed) {
    return failure{failed, "inherited socket " + std::to_string(descriptor)};
  }
  return {};
}

endpoint udp_door::local() const {
  error ignored;
  const auto at = socket_.local_endpoint(ignored);
  return {net::from_asio(at.address()), at.port()};
}

void udp_door::close() {
  for (int i = 0; socket_.is_open() && i < batches_in_a_row && serve_batch(); ++i) {
  }
  error ignored;
  socket_.close(ignored);
}

net::awaitable<void> udp_door::run() {
  while (socket_.is_open()) {
    const auto [failed] = co_await socket_.async_wait(asio::socket_base::wait_read, net::use_tuple);
    if (failed) {
      co_return;
    }
    for (int i = 0; i < batches_in_a_row && serve_batch(); ++i) {
    }
  }
}

bool udp_door::serve_batch() {
  batch& b = *batch_;
  b.prepare();
  const int received =
      recvmmsg(socket_.native_handle(), b.incoming.data(), datagrams_a_call, MSG_DONTWAIT, nullptr);
  if (received <= 0) {
    return false;  // nothing there, or an error of a datagram sent before, which is none of ours
  }
  const instant now = steady_now();
  std::size_t replies = 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(received); ++i) {
    auto& slot = b.slots[i];
    const byte_view datagram = std::span(slot.request).first(b.incoming[i].msg_len);
    const auto answer = answerer_.reply(datagram, address_of(slot.from), now, slot.reply);
    counts_.count(answer.label);
    if (answer.bytes > 0) {
      b.answer(i, replies++, answer.bytes);
    }
  }
  // A reply that the kernel does not take is lost like any datagram; those behind it are not.
  for (std::size_t sent = 0; sent < replies;) {
    const int taken = sendmmsg(socket_.native_handle(), b.outgoing.data() + sent,
                               static_cast<unsigned>(replies - sent), MSG_DONTWAIT);
    sent += taken > 0 ? static_cast<std::size_t>(taken) : 1;
  }
  counts_.took(steady_now() - now, static_cast<std::uint64_t>(received));
  return true;
}

}  // namespace shoal::server
