#pragma once
// Runs a coroutine to its end on a strand, from a test that just wants its result.

#include <exception>
#include <optional>

#include <boost/asio/co_spawn.hpp>

#include <shoal/net/asio.hpp>

namespace shoal::net::test {

/// What the coroutine throws comes out.
template <class T>
T run(awaitable<T> task) {
  asio::io_context context;
  std::exception_ptr thrown;
  std::optional<T> out;
  asio::co_spawn(asio::make_strand(context), std::move(task), [&](std::exception_ptr e, T value) {
    thrown = e;
    out.emplace(std::move(value));
  });
  context.run();
  if (thrown) {
    std::rethrow_exception(thrown);
  }
  return std::move(*out);
}

}  // namespace shoal::net::test
