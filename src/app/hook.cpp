#include "app/hook.hpp"

#include <array>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "app/text.hpp"

extern char** environ;

namespace shoal::app {

namespace {

std::vector<std::string> environment_with(const std::vector<std::string>& extra) {
  std::vector<std::string> out;
  for (char** e = environ; *e != nullptr; ++e) {
    if (std::strncmp(*e, "SHOAL_", 6) != 0) out.emplace_back(*e);
  }
  out.insert(out.end(), extra.begin(), extra.end());
  return out;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> out;
  for (auto& s : strings) {
    out.push_back(s.data());
  }
  out.push_back(nullptr);
  return out;
}

// A name may hold a NUL, which an environment cannot.
std::string without_nul(std::string text) {
  std::erase(text, '\0');
  return text;
}

std::string ending_of(int status) {
  if (WIFSIGNALED(status)) return "was killed by signal " + std::to_string(WTERMSIG(status));
  return "ended with exit code " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

void completion_hook::run(console& out, const std::string& name, const std::filesystem::path& path,
                          const std::string& info_hash) {
  if (command_.empty()) return;
  out.clear_status();  // the command may write to the terminal
  auto variables =
      environment_with({"SHOAL_NAME=" + without_nul(name), "SHOAL_PATH=" + without_nul(path.string()),
                        "SHOAL_INFO_HASH=" + info_hash});
  std::vector<std::string> words{"/bin/sh", "-c", command_};

  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&files, STDERR_FILENO, STDOUT_FILENO);

  // We block signals and ignore SIGPIPE; the command shall start as anything else does.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigset_t restored;
  sigemptyset(&none);
  sigemptyset(&restored);
  sigaddset(&restored, SIGPIPE);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &restored);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);

  pid_t pid = 0;
  const int failed =
      posix_spawn(&pid, "/bin/sh", &files, &attributes, pointers(words).data(), pointers(variables).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  if (failed != 0) {
    out.complain("--on-complete: cannot start /bin/sh: " + std::string(std::strerror(failed)));
  } else {
    running_.push_back({pid, printable(name)});
  }
}

void completion_hook::reap(console& out) {
  std::erase_if(running_, [&](const child& c) {
    int status = 0;
    if (waitpid(c.pid, &status, WNOHANG) != c.pid) return false;
    if (status != 0) out.complain("--on-complete: the command for " + c.name + " " + ending_of(status));
    return true;
  });
}

void completion_hook::wait(console& out, const stop_signal& stop) {
  reap(out);
  while (!running_.empty() && !stop.requested()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    reap(out);
  }
}

}  // namespace shoal::app
