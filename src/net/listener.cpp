#include <chrono>
#include <utility>

#include <boost/asio/ip/v6_only.hpp>

#include <shoal/net/listener.hpp>

#include "net/congestion.hpp"
#include "net/open_socket.hpp"
#include "net/serial.hpp"

namespace shoal::net {
namespace {

/// How long accepting rests when it fails for want of something: long enough not to spin, short enough that
/// nobody in the backlog gives up.
constexpr auto pause_length = std::chrono::milliseconds(100);

error listen_on(tcp::acceptor& acceptor, const tcp::endpoint& where, const std::string& congestion_control,
                const std::string& device) {
  error failed;
  acceptor.open(where.protocol(), failed);
  if (!failed) {
    acceptor.set_option(tcp::acceptor::reuse_address(true), failed);
  }
  if (!failed) {  // for the sockets that it accepts, which inherit it
    acceptor.set_option(tcp::no_delay(true), failed);
  }
  if (!failed && where.address() == asio::ip::address_v6::any()) {
    acceptor.set_option(asio::ip::v6_only(false), failed);
  }
  if (!failed) {
    failed = set_congestion_control(acceptor.native_handle(), congestion_control);
  }
  if (!failed) {
    failed = bind_to_device(acceptor.native_handle(), device);
  }
  if (!failed) {
    acceptor.bind(where, failed);
  }
  if (!failed) {
    acceptor.listen(tcp::acceptor::max_listen_connections, failed);
  }
  return failed;
}

}  // namespace

listener::listener(asio::any_io_executor context)
    : context_(std::move(context)), acceptor_(context_), pause_(context_) {}

outcome<void> listener::open(const endpoint& where, const std::string& congestion_control,
                             const std::string& device) {
  error failed = listen_on(acceptor_, to_asio(where), congestion_control, device);
  if (!failed) {
    local_ = from_asio(acceptor_.local_endpoint(failed));
  }
  if (failed) {
    close();
    return failure{failed, where.to_string()};
  }
  return {};
}

outcome<void> listener::adopt(int descriptor) {
  error failed;
  const auto protocol = protocol_of<tcp>(descriptor, failed);
  if (!failed) {
    acceptor_.assign(protocol, descriptor, failed);
  }
  if (!failed) {
    acceptor_.set_option(tcp::no_delay(true), failed);
  }
  if (!failed) {
    local_ = from_asio(acceptor_.local_endpoint(failed));
  }
  if (failed) {
    return failure{failed, "inherited socket " + std::to_string(descriptor)};
  }
  return {};
}

awaitable<void> listener::run(std::function<void(tcp::socket)> accepted) {
  while (acceptor_.is_open()) {
    const asio::any_io_executor own = new_strand(context_);
    auto [failed, socket] = co_await acceptor_.async_accept(own, use_tuple);
    if (!failed) {
      accepted(std::move(socket));
      continue;
    }
    if (failed == asio::error::operation_aborted) {
      co_return;
    }
    if (failed == asio::error::connection_aborted) {
      continue;
    }
    pause_.expires_after(pause_length);
    const auto [stopped] = co_await pause_.async_wait(use_tuple);
    if (stopped) {
      co_return;
    }
  }
}

void listener::close() {
  error ignored;
  acceptor_.close(ignored);
  pause_.cancel();
}

}  // namespace shoal::net
