#pragma once
// Ctrl-C, SIGTERM and SIGHUP as a request that the work under way can ask about and be woken by. A second one
// half a second later or more means now: the process ends at once, without destructors.
//
// The signals are blocked in every thread and waited for by one, so there is no handler and nothing that must
// be async-signal-safe. Construct it before any other thread, which inherits the block.

#include <atomic>
#include <csignal>
#include <functional>
#include <mutex>
#include <thread>

namespace shoal::app {

class stop_signal {
 public:
  /// `at_second` is called before the process ends at once, with `exit_status`.
  stop_signal(std::function<void()> at_second, int exit_status);
  ~stop_signal();
  stop_signal(const stop_signal&) = delete;
  stop_signal& operator=(const stop_signal&) = delete;

  bool requested() const { return requested_.load(std::memory_order_relaxed); }
  /// Called once, from another thread, when the first signal comes (or now, if it came already); an empty
  /// function to forget it.
  void on_request(std::function<void()> f);
  /// SIGHUP calls this instead of being such a request, from another thread; an empty function to undo it.
  void on_hangup(std::function<void()> f);

 private:
  void watch();

  std::function<void()> at_second_;
  const int exit_status_;
  sigset_t signals_{};
  sigset_t before_{};  // the mask to leave behind
  std::atomic<bool> requested_ = false;
  std::atomic<bool> closing_ = false;
  std::mutex mutex_;
  std::function<void()> notify_, hang_up_;  // guarded by mutex_
  std::thread watcher_;
};

}  // namespace shoal::app
