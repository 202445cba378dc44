#pragma once
// Where one coroutine sleeps until something else on its strand wakes it. A wake with nobody asleep is lost,
// so the sleeper asks for its reason first; on one strand nothing can come between.

#include <boost/asio/steady_timer.hpp>

#include <shoal/net/asio.hpp>

namespace shoal::net {

class gate {
 public:
  explicit gate(const asio::any_io_executor& ex) : timer_(ex, asio::steady_timer::time_point::max()) {}

  auto sleep() { return timer_.async_wait(use_tuple); }
  void wake() { timer_.cancel(); }

 private:
  asio::steady_timer timer_;
};

}  // namespace shoal::net
