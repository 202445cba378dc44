#pragma once
// What becomes of an exception that leaves a coroutine of the tracker's: a line in the log.

#include <exception>
#include <string_view>

#include <spdlog/spdlog.h>

namespace shoal::server {

/// For `net::task_group`. `part`: which part of the tracker it is, as the log says it; a literal.
inline auto logs_failures(std::string_view part) {
  return [part](const std::exception_ptr& thrown) {
    try {
      std::rethrow_exception(thrown);
    } catch (const std::exception& e) {
      spdlog::error("{}: {}", part, e.what());
    }
  };
}

}  // namespace shoal::server
