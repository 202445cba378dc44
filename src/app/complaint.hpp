#pragma once
// How a command gives up: one line for a person (the thing, what is wrong, the remedy) and the exit code.
// It is an exception because every command ends in one place, `run`, whatever it was in the middle of.

#include <stdexcept>
#include <string>

#include <shoal/base/result.hpp>

#include "app/exit_code.hpp"

namespace shoal::app {

class complaint : public std::runtime_error {
 public:
  complaint(exit_code code, const std::string& text) : std::runtime_error(text), code_(code) {}
  exit_code code() const { return code_; }

 private:
  exit_code code_;
};

/// What to say about a failure while reading or writing files; adds the remedy where there is one.
complaint storage_complaint(const failure& f);
/// The same for a failure to listen on an address; `option` is the one that chooses another.
complaint listen_complaint(const failure& f, const std::string& address, const std::string& option);
/// The line that is shown while a torrent waits for its disk.
std::string pause_text(const std::string& name, const failure& f);

}  // namespace shoal::app
