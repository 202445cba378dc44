#include <atomic>
#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <doctest/doctest.h>

#include <shoal/base/rng.hpp>
#include <shoal/net/task_group.hpp>

#include "coroutines.hpp"

using namespace shoal;
using namespace shoal::net;

namespace {

struct on_destroy {
  std::atomic<int>* count;
  ~on_destroy() { ++*count; }
};

awaitable<void> sleep_for_ever(std::atomic<int>* destroyed) {
  const on_destroy mark{destroyed};
  auto ex = co_await asio::this_coro::executor;
  asio::steady_timer timer(ex, asio::steady_timer::time_point::max());
  co_await timer.async_wait(asio::use_awaitable);
}

/// Yields `turns` times, then ends by itself: a child that may be anywhere when the cancel comes.
awaitable<void> take_turns(int turns, std::atomic<int>* destroyed) {
  const on_destroy mark{destroyed};
  auto ex = co_await asio::this_coro::executor;
  for (int i = 0; i < turns; ++i) {
    co_await asio::post(ex, asio::use_awaitable);
  }
}

awaitable<void> throw_after_a_turn(std::string what) {
  auto ex = co_await asio::this_coro::executor;
  co_await asio::post(ex, asio::use_awaitable);
  throw std::runtime_error(what);
}

awaitable<void> note_cancellation(bool* begun, bool* noticed) {
  *begun = true;
  auto ex = co_await asio::this_coro::executor;
  asio::steady_timer timer(ex, asio::steady_timer::time_point::max());
  const auto [stopped] = co_await timer.async_wait(use_tuple);
  *noticed = stopped == asio::error::operation_aborted;
}

awaitable<void> join_then_set(task_group* group, bool* joined) {
  co_await group->join();
  *joined = true;
}

awaitable<void> join_for_then_set(task_group* group, duration grace, int* answer) {
  const bool empty = co_await group->join_for(grace);
  *answer = empty ? 1 : 0;
}

awaitable<void> cancel_and_join(task_group* group, std::atomic<bool>* joined) {
  group->cancel();
  co_await group->join();
  *joined = true;
}

}  // namespace

TEST_CASE("a group without children joins at once") {
  asio::io_context context;
  task_group group(context.get_executor());
  bool joined = false;
  int answer = -1;
  asio::co_spawn(context, join_then_set(&group, &joined), rethrow);
  asio::co_spawn(context, join_for_then_set(&group, std::chrono::hours(1), &answer), rethrow);
  context.run();
  CHECK(joined);
  CHECK(answer == 1);
}

TEST_CASE("join waits for the last child") {
  asio::io_context context;
  task_group group(context.get_executor());
  std::atomic<int> destroyed = 0;
  for (int turns = 0; turns < 10; ++turns) {
    CHECK(group.spawn(context.get_executor(), take_turns(turns, &destroyed)));
  }
  CHECK(group.size() == 10);
  bool joined = false;
  asio::co_spawn(context, join_then_set(&group, &joined), rethrow);
  while (!joined) {
    REQUIRE(context.run_one() == 1);
    CHECK((!joined || destroyed == 10));
  }
  CHECK(group.size() == 0);
}

TEST_CASE("cancel ends children that would wait for ever, and is no failure") {
  asio::io_context context;
  int failures = 0;
  task_group group(context.get_executor(), [&](const std::exception_ptr&) { ++failures; });
  std::atomic<int> destroyed = 0;
  for (int i = 0; i < 5; ++i) {
    group.spawn(asio::make_strand(context), sleep_for_ever(&destroyed));
  }
  std::atomic<bool> joined = false;
  asio::co_spawn(context, cancel_and_join(&group, &joined), rethrow);
  context.run();
  CHECK(joined);
  CHECK(destroyed == 5);
  CHECK(failures == 0);
}

TEST_CASE("a child that was taken starts even when the cancel comes first") {
  asio::io_context context;
  task_group group(context.get_executor());
  bool begun = false;
  bool noticed = false;
  CHECK(group.spawn(context.get_executor(), note_cancellation(&begun, &noticed)));
  group.cancel();
  context.run();
  CHECK(begun);
  CHECK(noticed);
  CHECK(group.size() == 0);
}

TEST_CASE("a cancelled group takes no more children") {
  asio::io_context context;
  task_group group(context.get_executor());
  group.cancel();
  group.cancel();
  std::atomic<int> destroyed = 0;
  CHECK_FALSE(group.spawn(context.get_executor(), sleep_for_ever(&destroyed)));
  CHECK(group.size() == 0);
  context.run();
  CHECK(destroyed == 0);  // it never began
}

TEST_CASE("an exception ends only its own child and is reported once") {
  asio::io_context context;
  std::vector<std::string> reports;
  task_group group(context.get_executor(), [&](const std::exception_ptr& e) {
    try {
      std::rethrow_exception(e);
    } catch (const std::exception& failure) {
      reports.emplace_back(failure.what());
    }
  });
  std::atomic<int> destroyed = 0;
  group.spawn(context.get_executor(), throw_after_a_turn("broken"));
  group.spawn(context.get_executor(), take_turns(20, &destroyed));
  context.run();
  CHECK(reports == std::vector<std::string>{"broken"});
  CHECK(destroyed == 1);
}

TEST_CASE("a failure while the group is being cancelled is still reported") {
  asio::io_context context;
  int failures = 0;
  task_group group(context.get_executor(), [&](const std::exception_ptr&) { ++failures; });
  group.spawn(context.get_executor(), throw_after_a_turn("broken"));
  group.cancel();  // reaches it while it waits for its turn
  context.run();
  CHECK(failures == 1);
}

TEST_CASE("join_for gives up after its grace and may be asked again") {
  asio::io_context context;
  task_group group(context.get_executor());
  std::atomic<int> destroyed = 0;
  group.spawn(context.get_executor(), sleep_for_ever(&destroyed));
  int answer = -1;
  asio::co_spawn(context, join_for_then_set(&group, std::chrono::milliseconds(1), &answer), rethrow);
  while (answer < 0) {
    REQUIRE(context.run_one() == 1);
  }
  CHECK(answer == 0);
  answer = -1;
  asio::co_spawn(context, join_for_then_set(&group, std::chrono::hours(1), &answer), rethrow);
  group.cancel();
  context.run();  // ends, so the hour's timer is gone
  CHECK(answer == 1);
}

TEST_CASE("children on many strands and threads end under a racing cancel") {
  const std::uint64_t seed = 20;
  CAPTURE(seed);
  rng random(seed);
  for (int round = 0; round < 200; ++round) {
    CAPTURE(round);
    crowd threads(4);
    std::atomic<int> destroyed = 0;
    std::atomic<int> failures = 0;
    std::atomic<bool> joined = false;
    int taken = 0;
    {
      task_group group(threads.get_executor(), [&](const std::exception_ptr&) { ++failures; });
      std::thread canceller;
      const std::uint64_t cancel_at = random.below(40);
      for (std::uint64_t i = 0; i < 40; ++i) {
        if (i == cancel_at) {
          canceller = std::thread([&group] { group.cancel(); });
        }
        // Some share the pool's executor, which is no strand, and some have strands of their own.
        auto where = random.below(2) == 0 ? asio::any_io_executor(threads.get_executor())
                                          : asio::any_io_executor(strand(threads.get_executor()));
        auto task = random.below(2) == 0 ? sleep_for_ever(&destroyed)
                                         : take_turns(static_cast<int>(random.below(20)), &destroyed);
        taken += group.spawn(where, std::move(task)) ? 1 : 0;
      }
      canceller.join();
      asio::co_spawn(strand(threads.get_executor()), cancel_and_join(&group, &joined), rethrow);
      threads.join();
      CHECK(group.size() == 0);
    }
    CHECK(joined);
    CHECK(destroyed == taken);
    CHECK(failures == 0);
  }
}
