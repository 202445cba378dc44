#include "session/thread_crew.hpp"

#include <chrono>
#include <ctime>
#include <functional>
#include <future>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <doctest/doctest.h>

namespace shoal {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

/// Of this thread.
std::chrono::nanoseconds processor_time() {
  timespec t{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
}

struct crew_at_work {
  asio::io_context context;
  asio::executor_work_guard<asio::io_context::executor_type> guard{context.get_executor()};
  thread_crew crew;

  crew_at_work(unsigned least, unsigned most) : crew(context, least, most) { crew.start(); }

  void on_crew(const std::function<void()>& f) {
    std::promise<void> done;
    asio::post(context, [&] {
      f();
      done.set_value();
    });
    done.get_future().wait();
  }
  /// Keeps a thread at work until it has had the processor for so long.
  void spin(std::chrono::milliseconds length) {
    on_crew([&] {
      for (const auto end = processor_time() + length; processor_time() < end;) {
      }
    });
  }
  void review_after(std::chrono::milliseconds length) {
    now += length;
    on_crew([this] { crew.review(now); });
  }

  std::chrono::steady_clock::time_point now = std::chrono::steady_clock::now();
};

TEST_CASE("one thread runs, a second one joins while it is busy, and rests when there is little to do") {
  std::promise<void> first, second;  // made before the crew, whose threads may look at them until it ends
  crew_at_work c(1, 2);
  CHECK(c.crew.running() == 1);
  c.review_after(10s);
  CHECK(c.crew.running() == 1);
  c.spin(20ms);
  c.review_after(20ms);
  REQUIRE(c.crew.running() == 2);
  asio::post(c.context, [&] {  // each waits for the other: that takes two threads
    first.set_value();
    second.get_future().wait();
  });
  asio::post(c.context, [&] {
    second.set_value();
    first.get_future().wait();
  });
  c.on_crew([] {});
  c.review_after(10s);
  CHECK(c.crew.running() == 1);
}

TEST_CASE("a crew never has fewer threads than the least, nor more than the most") {
  crew_at_work c(2, 2);
  c.review_after(10s);
  CHECK(c.crew.running() == 2);
  c.spin(20ms);
  c.review_after(20ms);
  CHECK(c.crew.running() == 2);
}

TEST_CASE("a crew that was never started stops, and one that was stopped may be stopped again") {
  asio::io_context context;
  thread_crew crew(context, 1, 2);
  CHECK(!crew.started());
  crew.stop();
  crew.stop();
}

}  // namespace
}  // namespace shoal
