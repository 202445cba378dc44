#pragma once
// What the tests of this module run their coroutines with.

#include <exception>
#include <thread>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>

#include <shoal/net/asio.hpp>

namespace shoal::net {

/// Lets a coroutine's exception out of `io_context::run`, so that a test cannot lose it.
inline constexpr auto rethrow = [](const std::exception_ptr& e) {
  if (e) {
    std::rethrow_exception(e);
  }
};

/// Threads that run one context, until `join` and all work is done.
class crowd {
 public:
  explicit crowd(int threads) {
    for (int i = 0; i < threads; ++i) {
      threads_.emplace_back([this] { context_.run(); });
    }
  }
  auto get_executor() { return context_.get_executor(); }
  void join() {
    work_.reset();
    threads_.clear();
  }

 private:
  asio::io_context context_;
  asio::executor_work_guard<asio::io_context::executor_type> work_{context_.get_executor()};
  std::vector<std::jthread> threads_;
};

}  // namespace shoal::net
