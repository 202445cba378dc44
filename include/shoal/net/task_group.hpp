#pragma once
// Owns coroutines: whatever is spawned in it is awaited before it is destroyed. Thread-safe; children may run
// on any executor of an io_context.
//
// What holds:
// - A child that was taken starts, even when `cancel` comes before its first step: then it meets the
//   cancellation at its first await. So a child can rely on its own clean-up.
// - A child's cancellation signal is emitted on the child's own strand only, never while it runs. An executor
//   that is no strand is wrapped in one.
// - An exception that leaves a child is reported to `on_failure` once, on the child's strand, and ends only
//   that child. `operation_aborted` after `cancel` is how a cancelled child ends, and is not reported.
// - When `join` returns, every child's frame has left its last await and `on_failure` has been called for
//   all.
//
// Deliberately absent: results of children, and any order among them.

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>

#include <shoal/base/time.hpp>
#include <shoal/net/asio.hpp>

namespace shoal::net {

class task_group {
 public:
  /// `home` runs the group's own timer.
  explicit task_group(asio::any_io_executor home, std::function<void(std::exception_ptr)> on_failure = {});
  /// Asserts that no child is left.
  ~task_group();
  task_group(const task_group&) = delete;
  task_group& operator=(const task_group&) = delete;

  /// Starts `task` on `where`. False, and nothing done, after `cancel()`.
  bool spawn(asio::any_io_executor where, awaitable<void> task);

  /// Asks every child to stop (terminal cancellation, emitted on the child's own executor).
  void cancel();

  /// Returns when no child is left. Cancelling the waiter does not end the wait, since leaving early would
  /// leave children behind; but a coroutine that is cancelled already cannot begin any await unless it says
  /// `co_await asio::this_coro::throw_if_cancelled(false)` first.
  awaitable<void> join();
  /// Returns when no child is left, or after `grace`; true when none is left.
  awaitable<bool> join_for(duration grace);

  std::size_t size() const;
  /// What runs the group's own timer: a strand.
  const asio::any_io_executor& home() const;

 private:
  struct child;
  struct waiter;
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace shoal::net
