#include "session/thread_crew.hpp"

#include <algorithm>
#include <ctime>
#include <pthread.h>

namespace shoal {

namespace {

/// Shares of the time of the running threads: above the one another joins, below the other one rests.
constexpr double busy = 0.7;
constexpr double idle = 0.3;

/// How long a thread that is not needed any more may take to notice.
constexpr auto shift_length = std::chrono::milliseconds(200);

duration cpu_time(std::thread& thread) {
  clockid_t clock{};
  timespec t{};
  if (::pthread_getcpuclockid(thread.native_handle(), &clock) != 0 || ::clock_gettime(clock, &t) != 0) {
    return {};
  }
  return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
}

}  // namespace

thread_crew::thread_crew(boost::asio::io_context& context, unsigned least, unsigned most)
    : context_(context), least_(std::max(least, 1U)), most_(std::max(least_, most)), wanted_(least_) {}

thread_crew::~thread_crew() {
  stop();
}

void thread_crew::start() {
  const std::lock_guard lock(mutex_);
  reviewed_ = std::chrono::steady_clock::now();
  for (unsigned n = 0; n < most_; ++n) {
    threads_.emplace_back([this, n] { work(n); });
  }
}

void thread_crew::work(unsigned nth) {
  if (nth < least_) {
    context_.run();
    return;
  }
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return stopping_ || nth < wanted_; });
      if (stopping_) return;
    }
    context_.run_for(shift_length);
  }
}

duration thread_crew::worked() {
  duration sum{};
  for (auto& thread : threads_) {
    sum += cpu_time(thread);
  }
  return sum;
}

void thread_crew::review(std::chrono::steady_clock::time_point now) {
  const std::lock_guard lock(mutex_);
  const auto all = worked();
  const double share = to_seconds(all - worked_) / std::max(to_seconds(now - reviewed_), 1e-3) / wanted_;
  worked_ = all;
  reviewed_ = now;
  if (share > busy && wanted_ < most_) {
    ++wanted_;
    changed_.notify_all();
  } else if (share < idle && wanted_ > least_) {
    --wanted_;  // which thread has to rest sees that itself
  }
}

unsigned thread_crew::running() const {
  const std::lock_guard lock(mutex_);
  return wanted_;
}

void thread_crew::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  context_.stop();
  changed_.notify_all();
  for (auto& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

}  // namespace shoal
