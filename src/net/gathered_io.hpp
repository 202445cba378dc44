#pragma once
// One system call on a non-blocking socket with many parts, where Asio's own stop at 64.

#include <cerrno>
#include <cstddef>
#include <span>
#include <sys/socket.h>
#include <sys/uio.h>

#include <boost/asio/error.hpp>

#include <shoal/base/result.hpp>

namespace shoal::net {

namespace detail {

template <class Call>
std::size_t with_parts(Call call, int socket, std::span<iovec> parts, error& failed) {
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  ssize_t n = -1;
  do {
    n = call(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  } while (n < 0 && errno == EINTR);
  if (n < 0) {
    failed.assign(errno, boost::system::system_category());
    return 0;
  }
  return static_cast<std::size_t>(n);
}

}  // namespace detail

inline bool would_block(const error& e) {
  return e == boost::asio::error::would_block || e == boost::asio::error::try_again;
}

inline std::size_t bytes_of(std::span<const iovec> parts) {
  std::size_t sum = 0;
  for (const auto& part : parts) {
    sum += part.iov_len;
  }
  return sum;
}

/// Bytes sent, 0 with an error; `would_block` is one.
inline std::size_t send_some(int socket, std::span<iovec> parts, error& failed) {
  return detail::with_parts(::sendmsg, socket, parts, failed);
}

/// Bytes received, 0 with an error; `would_block` is one, and the end of the stream is `eof`.
inline std::size_t receive_some(int socket, std::span<iovec> parts, error& failed) {
  const std::size_t n = detail::with_parts(::recvmsg, socket, parts, failed);
  if (n == 0 && !failed) failed = boost::asio::error::eof;
  return n;
}

}  // namespace shoal::net
