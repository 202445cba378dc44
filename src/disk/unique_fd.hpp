#pragma once
// A file descriptor with one owner.

#include <cerrno>
#include <unistd.h>
#include <utility>

#include <shoal/base/result.hpp>

namespace shoal::disk {

/// What errno says now.
inline error last_error() {
  return {errno, boost::system::system_category()};
}

class unique_fd {
 public:
  unique_fd() = default;
  explicit unique_fd(int fd) : fd_(fd) {}
  unique_fd(unique_fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  unique_fd& operator=(unique_fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~unique_fd() {
    if (fd_ >= 0) ::close(fd_);
  }

  explicit operator bool() const { return fd_ >= 0; }
  int get() const { return fd_; }

 private:
  int fd_ = -1;
};

}  // namespace shoal::disk
