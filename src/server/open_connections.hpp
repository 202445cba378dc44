#pragma once
// The connections that are open, each with the time by which it must have got somewhere. One sweep a second
// over them costs less than a timer for each request. Thread-safe.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include <shoal/base/rng.hpp>
#include <shoal/base/time.hpp>
#include <shoal/net/asio.hpp>

namespace shoal::server {

struct open_connection {
  explicit open_connection(net::tcp::socket s) : socket(std::move(s)) {}

  net::tcp::socket socket;             // on its strand
  std::atomic<bool> replying = false;  // a stop waits for the reply
  std::atomic<instant> deadline{instant::max()};
  std::atomic<bool> leaves = false;  // it gives way to another

  std::size_t nth = 0;  // of all; guarded by their mutex
};

class open_connections {
 public:
  explicit open_connections(std::uint64_t seed) : chance_(seed) {}

  /// Takes a connection out when it is destroyed.
  class place {
   public:
    place(open_connections& all, std::shared_ptr<open_connection> c);
    place(place&&) noexcept = default;
    place& operator=(place&&) = delete;
    ~place();
    open_connection& operator*() const { return *connection_; }
    open_connection* operator->() const { return connection_.get(); }

   private:
    open_connections* all_;
    std::shared_ptr<open_connection> connection_;
  };

  place enter(net::tcp::socket socket) {
    return place(*this, std::make_shared<open_connection>(std::move(socket)));
  }
  std::size_t size() const { return count_.load(std::memory_order_relaxed); }

  /// Closes one that says nothing, of a few drawn by chance that for the longest time; false when those few
  /// are being answered. So who holds very many connections open loses them to those who have something to
  /// ask. O(1).
  bool make_room();
  /// Closes those whose deadline has passed.
  void close_overdue(instant now);
  /// Closes those that are not replying; those that are shall end after it, which `stopping` tells them.
  void stop();
  bool stopping() const { return stopping_; }

 private:
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<open_connection>> all_;  // in no order; guarded by mutex_
  rng chance_;                                         // guarded by mutex_
  std::atomic<std::size_t> count_ = 0;
  std::atomic<bool> stopping_ = false;
};

}  // namespace shoal::server
