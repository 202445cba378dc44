#include "lab/child.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace shoal::lab {

namespace {

failure failed(const std::string& what) {
  return {error(errno, boost::system::system_category()), what};
}

/// In the new process, between fork and exec: only what is allowed there.
[[noreturn]] void become(char* const* arguments, int output, int errors, pid_t parent) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(127);  // it ended before we could ask
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const int nothing = ::open("/dev/null", O_RDONLY);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(errors, STDERR_FILENO);
  ::execvp(arguments[0], arguments);
  ::_exit(127);
}

}  // namespace

outcome<child> child::start(const std::vector<std::string>& command, const std::string& errors) {
  std::vector<char*> arguments;
  for (const auto& word : command) {
    arguments.push_back(const_cast<char*>(word.c_str()));
  }
  arguments.push_back(nullptr);
  const int errors_fd = ::open(errors.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (errors_fd < 0) return failed(errors);
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) {
    auto why = failed("a pipe");
    ::close(errors_fd);
    return why;
  }
  const auto parent = ::getpid();
  const auto pid = ::fork();
  if (pid == 0) become(arguments.data(), pipe[1], errors_fd, parent);
  auto why = failed(command.front());
  ::close(errors_fd);
  ::close(pipe[1]);
  if (pid < 0) {
    ::close(pipe[0]);
    return why;
  }
  ::fcntl(pipe[0], F_SETFL, O_NONBLOCK);
  return child(pid, pipe[0]);
}

child::child(child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      output_(std::exchange(other.output_, -1)),
      rest_(std::move(other.rest_)) {}

child& child::operator=(child&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(output_, other.output_);
  std::swap(rest_, other.rest_);
  return *this;
}

child::~child() {
  close_output();
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
}

void child::close_output() {
  if (output_ >= 0) ::close(std::exchange(output_, -1));
}

std::vector<std::string> child::lines() {
  constexpr std::size_t line_max = 1U << 20;
  std::vector<std::string> out;
  std::array<char, 65536> buffer{};
  while (output_ >= 0) {
    const auto n = ::read(output_, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) break;
    if (n <= 0 || rest_.size() > line_max) {
      close_output();
      break;
    }
    rest_.append(buffer.data(), static_cast<std::size_t>(n));
    std::size_t from = 0;
    for (auto end = rest_.find('\n'); end != std::string::npos; end = rest_.find('\n', from)) {
      out.push_back(rest_.substr(from, end - from));
      from = end + 1;
    }
    rest_.erase(0, from);
  }
  return out;
}

bool child::running() {
  if (pid_ > 0 && ::waitpid(pid_, nullptr, WNOHANG) != 0) pid_ = -1;
  return pid_ > 0;
}

bool child::wait() {
  int status = -1;
  if (pid_ > 0) {
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

void child::signal(int number) const {
  if (pid_ > 0) ::kill(pid_, number);
}

}  // namespace shoal::lab
