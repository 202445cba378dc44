#pragma once
// The threads that run the session's io_context. One serves a quiet session best: with two, whatever one of
// them passes on wakes the other, and the waking costs more than the work. So one always runs, and others
// join while those that run are busy.

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include <boost/asio/io_context.hpp>

#include <shoal/base/time.hpp>

namespace shoal {

class thread_crew {
 public:
  /// From `least` to `most` threads, one at least.
  thread_crew(boost::asio::io_context& context, unsigned least, unsigned most);
  ~thread_crew();
  thread_crew(const thread_crew&) = delete;
  thread_crew& operator=(const thread_crew&) = delete;

  void start();
  bool started() const { return !threads_.empty(); }
  /// To be called every second or so by one of the threads: takes one in, or lets one rest, by how much of
  /// the time since the last call they had to work.
  void review(std::chrono::steady_clock::time_point now);
  /// How many run now; one that has to rest may go on for 0.2 s.
  unsigned running() const;
  /// Stops the context and waits for all.
  void stop();

 private:
  void work(unsigned nth);
  duration worked();

  boost::asio::io_context& context_;
  const unsigned least_, most_;
  std::vector<std::thread> threads_;
  duration worked_{};  // at the last review, all threads together
  std::chrono::steady_clock::time_point reviewed_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  unsigned wanted_;
  bool stopping_ = false;
};

}  // namespace shoal
