#pragma once
// How much has to come before a socket wakes its thread (SO_RCVLOWAT). Asio asks epoll for edges, and each
// segment that comes is one, whether or not a read waits for it.

#include <utility>

#include <shoal/base/result.hpp>
#include <shoal/net/asio.hpp>

namespace shoal::net {

class wake_threshold {
 public:
  /// A system call when it changes. A kernel that refuses wakes too often, no more.
  void set(tcp::socket& socket, int bytes) {
    if (std::exchange(bytes_, bytes) != bytes) {
      error ignored;
      socket.set_option(tcp::socket::receive_low_watermark(bytes), ignored);
    }
  }

 private:
  int bytes_ = 1;
};

}  // namespace shoal::net
