#include <stdexcept>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/post.hpp>
#include <doctest/doctest.h>

#include <shoal/base/result.hpp>
#include <shoal/net/with_deadline.hpp>

#include "net/blocking.hpp"

using namespace shoal;
using namespace shoal::net;
using namespace std::chrono_literals;
using net::test::run;

namespace {

awaitable<int> number_after(duration wait) {
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor, wait);
  co_await timer.async_wait(use_tuple);
  co_return 42;
}

awaitable<int> throw_after(duration wait) {
  co_await number_after(wait);
  throw std::runtime_error("broken");
}

/// Waits for ever, and notes that it was told to end.
awaitable<int> wait_for_ever(bool& ended) {
  struct note {
    bool& flag;
    ~note() { flag = true; }
  } at_end{ended};
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor, asio::steady_timer::time_point::max());
  co_await timer.async_wait(asio::use_awaitable);
  co_return 0;
}

awaitable<void> nothing_after(duration wait) {
  co_await number_after(wait);
}

}  // namespace

TEST_CASE("an operation that ends in time gives its result") {
  CHECK(run(with_deadline(1h, number_after(0s))) == 42);
  CHECK(run(with_deadline(1h, nothing_after(1ms))));
}

TEST_CASE("an operation whose time is over is cancelled and gone, and gives nothing") {
  bool ended = false;
  const auto result = run(with_deadline(1ms, wait_for_ever(ended)));
  CHECK_FALSE(result);
  CHECK(ended);
}

TEST_CASE("an operation that gives its cancellation as a value gives nothing either") {
  CHECK_FALSE(run(with_deadline(1ms, number_after(1h))));
}

TEST_CASE("an operation's exception is passed on") {
  CHECK_THROWS_AS(run(with_deadline(1h, throw_after(0s))), std::runtime_error);
}

TEST_CASE("deadlines nest: the inner one does not end the outer") {
  bool ended = false;
  const auto result = run(with_deadline(1h, with_deadline(1ms, wait_for_ever(ended))));
  REQUIRE(result);
  CHECK_FALSE(*result);
  CHECK(ended);
}

TEST_CASE("a cancellation from outside reaches the operation") {
  asio::io_context context;
  const auto strand = asio::make_strand(context);
  asio::cancellation_signal signal;
  bool ended = false;
  bool done = false;
  asio::co_spawn(strand, with_deadline(1h, wait_for_ever(ended)),
                 asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr thrown, auto) {
                   done = true;
                   CHECK(thrown);
                 }));
  asio::steady_timer soon(strand, 1ms);
  soon.async_wait([&](error) { signal.emit(asio::cancellation_type::terminal); });
  context.run();
  CHECK(ended);
  CHECK(done);
}
