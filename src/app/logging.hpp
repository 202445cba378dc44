#pragma once
// The library logs through spdlog's default logger; here that becomes lines on the error output, which do not
// tear the status line.

#include <string>

#include "app/console.hpp"

namespace shoal::app {

/// While it lives, log lines of `level` and above go to the console, which must outlive it.
class log_to_console {
 public:
  log_to_console(console& out, const std::string& level);
  ~log_to_console();
  log_to_console(const log_to_console&) = delete;
  log_to_console& operator=(const log_to_console&) = delete;
};

}  // namespace shoal::app
