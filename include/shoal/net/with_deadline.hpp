#pragma once
// One operation, a limit on its time. When the time is over the operation is cancelled (terminally) and
// awaited, so nothing of it is left running; a cancellation from outside reaches it as well. Costs a timer
// and a few microseconds: for connecting, handshaking and asking, not for every read (those are swept).
//
// Both the caller and the operation run on the caller's executor, which must be a strand or have one thread.
// An operation that ignores cancellation (a name look-up does) is waited for; guard those another way.

#include <exception>
#include <optional>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <shoal/base/time.hpp>
#include <shoal/net/asio.hpp>

namespace shoal::net {

namespace detail {

template <class T>
awaitable<void> keep_result(awaitable<T> operation, std::optional<T>& kept) {
  T value = co_await std::move(operation);
  kept.emplace(std::move(value));
}

/// True when the operation ended of its own accord; its exception is passed on. False when its time was over.
inline awaitable<bool> race_with_timer(duration limit, awaitable<void> operation) {
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor, limit);
  auto group = asio::experimental::make_parallel_group(
      asio::co_spawn(executor, std::move(operation), asio::deferred), timer.async_wait(asio::deferred));
  const auto [order, thrown, timer_error] =
      co_await group.async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
  if (order[0] == 1 && !timer_error) {
    co_return false;
  }
  if (thrown) {
    std::rethrow_exception(thrown);
  }
  co_return true;
}

}  // namespace detail

/// The operation's result; nothing when its time was over before it had one.
template <class T>
awaitable<std::optional<T>> with_deadline(duration limit, awaitable<T> operation) {
  std::optional<T> kept;
  const bool in_time =
      co_await detail::race_with_timer(limit, detail::keep_result(std::move(operation), kept));
  if (!in_time) {
    kept.reset();  // an operation that gives errors as values has given the one for being cancelled
  }
  co_return kept;
}

/// False when the operation's time was over.
inline awaitable<bool> with_deadline(duration limit, awaitable<void> operation) {
  return detail::race_with_timer(limit, std::move(operation));
}

}  // namespace shoal::net
