#pragma once
// Owns coroutines: whatever is spawned in it is awaited before it is destroyed. Cancelling the group cancels
// every child. Thread-safe; children may run on any executor. An exception that leaves a child is reported to
// `on_failure` once and ends only that child.

#include <exception>
#include <functional>
#include <memory>

#include <shoal/base/time.hpp>
#include <shoal/net/asio.hpp>

namespace shoal::net {

class task_group {
 public:
  /// `home` runs the group's own bookkeeping.
  explicit task_group(asio::any_io_executor home, std::function<void(std::exception_ptr)> on_failure = {});
  /// Asserts that no child is left.
  ~task_group();
  task_group(const task_group&) = delete;
  task_group& operator=(const task_group&) = delete;

  /// Starts `task` on `where`. After `cancel()`, does nothing.
  void spawn(asio::any_io_executor where, awaitable<void> task);

  /// Asks every child to stop (terminal cancellation, emitted on the child's own executor).
  void cancel();

  /// Returns when no child is left.
  awaitable<void> join();
  /// Returns when no child is left, or after `grace`; true when none is left.
  awaitable<bool> join_for(duration grace);

  std::size_t size() const;

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace shoal::net
