#pragma once
// A child process whose output is read line by line without waiting.

#include <string>
#include <sys/types.h>
#include <vector>

#include <shoal/base/result.hpp>

namespace shoal::lab {

class child {
 public:
  /// Starts `command`, looked up in PATH. It leads a process group of its own, so that Ctrl-C at the terminal
  /// is for us alone; should our thread end, it is asked to end too. Its error output goes to `errors`, a
  /// file.
  static outcome<child> start(const std::vector<std::string>& command, const std::string& errors);

  child(child&& other) noexcept;
  child& operator=(child&& other) noexcept;
  child(const child&) = delete;
  child& operator=(const child&) = delete;
  /// Kills it, if it is still there, and waits.
  ~child();

  /// To wait for output with poll(2); -1 after its end.
  int output() const { return output_; }
  /// The lines that have come since the last call; a line of more than a mebibyte is the end of reading.
  std::vector<std::string> lines();

  /// True while it has not ended (or not been waited for).
  bool running();
  /// Waits for its end; true when it exited with 0.
  bool wait();
  void signal(int number) const;

 private:
  child(pid_t pid, int output) : pid_(pid), output_(output) {}
  void close_output();

  pid_t pid_ = -1;
  int output_ = -1;
  std::string rest_;  // of a line that is not whole yet
};

}  // namespace shoal::lab
