#pragma once
// What the tests of this module start their coroutines with.

#include <exception>

namespace shoal::net {

/// Lets a coroutine's exception out of `io_context::run`, so that a test cannot lose it.
inline constexpr auto rethrow = [](const std::exception_ptr& e) {
  if (e) {
    std::rethrow_exception(e);
  }
};

}  // namespace shoal::net
