#pragma once
// The command of --on-complete: run by the shell beside the swarm, its output on our error output (standard
// output may be JSON).

#include <filesystem>
#include <string>
#include <sys/types.h>
#include <vector>

#include "app/console.hpp"
#include "app/stop_signal.hpp"

namespace shoal::app {

class completion_hook {
 public:
  /// An empty command does nothing.
  explicit completion_hook(std::string command) : command_(std::move(command)) {}

  /// Starts the command for one torrent and returns at once.
  void run(console& out, const std::string& name, const std::filesystem::path& path,
           const std::string& info_hash);
  /// Notices commands that ended; complains about those that failed.
  void reap(console& out);
  /// Waits for all of them; a signal sends it home early.
  void wait(console& out, const stop_signal& stop);

 private:
  struct child {
    pid_t pid;
    std::string name;
  };

  std::string command_;
  std::vector<child> running_;
};

}  // namespace shoal::app
