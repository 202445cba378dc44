#include "app/stop_signal.hpp"

#include <chrono>
#include <cstdlib>
#include <pthread.h>
#include <utility>

namespace shoal::app {

namespace {

// timeout(1), shells and supervisors signal a process and then its group, which is no second wish.
constexpr auto one_request = std::chrono::milliseconds(500);

}  // namespace

stop_signal::stop_signal(std::function<void()> at_second, int exit_status)
    : at_second_(std::move(at_second)), exit_status_(exit_status) {
  // A closed pipe or socket is an error that a write returns, not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
  sigemptyset(&signals_);
  for (const int s : {SIGINT, SIGTERM, SIGHUP}) {
    sigaddset(&signals_, s);
  }
  pthread_sigmask(SIG_BLOCK, &signals_, &before_);
  watcher_ = std::thread([this] { watch(); });
}

stop_signal::~stop_signal() {
  closing_ = true;
  pthread_kill(watcher_.native_handle(), SIGTERM);
  watcher_.join();
  const timespec at_once{};
  while (sigtimedwait(&signals_, nullptr, &at_once) > 0) {
    // One that came when all was done: it must not change how the process ends.
  }
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void stop_signal::on_request(std::function<void()> f) {
  const std::lock_guard lock(mutex_);
  notify_ = std::move(f);
  if (requested() && notify_) notify_();
}

void stop_signal::on_hangup(std::function<void()> f) {
  const std::lock_guard lock(mutex_);
  hang_up_ = std::move(f);
}

void stop_signal::watch() {
  using clock = std::chrono::steady_clock;
  clock::time_point first{};
  for (;;) {
    int number = 0;
    if (sigwait(&signals_, &number) != 0) continue;
    if (closing_) return;
    if (number == SIGHUP) {
      const std::lock_guard lock(mutex_);
      if (hang_up_) {
        hang_up_();
        continue;
      }
    }
    if (requested_.exchange(true)) {
      if (clock::now() - first < one_request) continue;
      at_second_();
      std::_Exit(exit_status_);
    }
    first = clock::now();
    const std::lock_guard lock(mutex_);
    if (notify_) notify_();
  }
}

}  // namespace shoal::app
