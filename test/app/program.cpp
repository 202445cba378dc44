// The program as its own process: what only a process has, namely signals, standard streams and an exit
// status.

#include <csignal>
#include <cstdio>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

namespace {

/// The program with its output in a pipe; killed when a test leaves early.
class process {
 public:
  explicit process(std::vector<std::string> arguments) {
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    arguments.insert(arguments.begin(), SHOAL_PROGRAM);
    std::vector<char*> words;
    for (auto& a : arguments) {
      words.push_back(a.data());
    }
    words.push_back(nullptr);
    pid_ = fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      dup2(ends[1], STDOUT_FILENO);
      close(ends[0]);
      close(ends[1]);
      execv(words[0], words.data());
      _exit(127);
    }
    close(ends[1]);
    out_ = fdopen(ends[0], "r");
  }
  ~process() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
    fclose(out_);
  }
  process(const process&) = delete;
  process& operator=(const process&) = delete;

  /// The next line without its end; empty at the end of the output.
  std::string line() {
    std::string text;
    for (int c = fgetc(out_); c != EOF && c != '\n'; c = fgetc(out_)) {
      text += static_cast<char>(c);
    }
    return text;
  }
  void signal(int number) const { kill(pid_, number); }
  int exit_status() {
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  pid_t pid_ = -1;
  FILE* out_ = nullptr;
};

}  // namespace

TEST_CASE("the program tells its version and its exit status") {
  process version({"--version"});
  CHECK(version.line() == "shoal " SHOAL_VERSION);
  CHECK(version.exit_status() == 0);
  process wrong({"show", "/nonexistent.torrent"});
  CHECK(wrong.line().empty());
  CHECK(wrong.exit_status() == 3);
}

TEST_CASE("a tracker says where it is and ends well on each signal that means stop") {
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) {
    CAPTURE(number);
    process tracker({"tracker", "--listen", "127.0.0.1:0", "--json"});
    const auto started = boost::json::parse(tracker.line()).as_object();
    CHECK(started.at("event").as_string() == "started");
    CHECK(started.at("role").as_string() == "tracker");
    const std::string listen(started.at("listen").as_string());
    CHECK(listen.starts_with("127.0.0.1:"));
    CHECK_FALSE(listen.ends_with(":0"));
    CHECK(started.at("announce_url").as_string() == "http://" + listen + "/announce");
    tracker.signal(number);
    std::string last;
    for (auto line = tracker.line(); !line.empty(); line = tracker.line()) {
      last = std::string(boost::json::parse(line).as_object().at("event").as_string());
    }
    CHECK(last == "stopped");
    CHECK(tracker.exit_status() == 0);
  }
}

TEST_CASE("a second tracker on one address says that it is taken") {
  process first({"tracker", "--listen", "127.0.0.1:0", "--json"});
  const auto started = boost::json::parse(first.line()).as_object();
  process second({"tracker", "--json", "--listen", std::string(started.at("listen").as_string())});
  const auto said = boost::json::parse(second.line()).as_object();
  REQUIRE(said.at("event").as_string() == "error");
  CHECK(said.at("exit_code").to_number<int>() == 5);
  CHECK(second.exit_status() == 5);
}
