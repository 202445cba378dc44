#pragma once
// A real Redis server for tests, on a free port of 127.0.0.1, that keeps nothing.

#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <doctest/doctest.h>

#include <shoal/server/redis_address.hpp>

namespace shoal::server::test {

class redis_server {
 public:
  explicit redis_server(std::string password = "") : password_(std::move(password)), port_(free_port()) {
    std::string name = (std::filesystem::temp_directory_path() / "shoal-redis-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    folder_ = name;
    start();
  }
  ~redis_server() {
    kill();
    std::filesystem::remove_all(folder_);
  }
  redis_server(const redis_server&) = delete;
  redis_server& operator=(const redis_server&) = delete;

  redis_address address() const { return {"127.0.0.1", port_, 0, "", password_}; }

  /// On the same port as before, empty.
  void start() {
    std::vector<std::string> words{
        "redis-server", "--port", std::to_string(port_), "--bind", "127.0.0.1", "--dir",         folder_,
        "--save",       "",       "--appendonly",        "no",     "--logfile", folder_ + "/log"};
    if (!password_.empty()) {
      words.insert(words.end(), {"--requirepass", password_});
    }
    std::vector<char*> arguments;
    for (auto& word : words) {
      arguments.push_back(word.data());
    }
    arguments.push_back(nullptr);
    pid_ = fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      execvp(arguments[0], arguments.data());
      _exit(127);
    }
    while (!listens(port_)) {
      REQUIRE(waitpid(pid_, nullptr, WNOHANG) == 0);  // it needs Debian's package redis-server
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }
  /// As when the machine loses power.
  void kill() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
      pid_ = -1;
    }
  }
  /// Says the words to it, on a connection of its own, and waits until it has heard them.
  void command(const std::vector<std::string>& words) const {
    boost::asio::io_context context;
    tcp::socket socket(context);
    socket.connect({boost::asio::ip::address_v4::loopback(), port_});
    std::string said = "*" + std::to_string(words.size()) + "\r\n";
    for (const auto& word : words) {
      said += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
    }
    boost::asio::write(socket, boost::asio::buffer(said));
    std::array<char, 64> answer{};
    REQUIRE(socket.read_some(boost::asio::buffer(answer)) > 0);
    REQUIRE(answer[0] != '-');
  }
  void freeze() { ::kill(pid_, SIGSTOP); }
  void thaw() { ::kill(pid_, SIGCONT); }

 private:
  using tcp = boost::asio::ip::tcp;

  static std::uint16_t free_port() {
    boost::asio::io_context context;
    const tcp::acceptor taken(context, {boost::asio::ip::address_v4::loopback(), 0});
    return taken.local_endpoint().port();
  }
  static bool listens(std::uint16_t port) {
    boost::asio::io_context context;
    tcp::socket socket(context);
    boost::system::error_code failed;
    socket.connect({boost::asio::ip::address_v4::loopback(), port}, failed);
    return !failed;
  }

  std::string password_, folder_;
  std::uint16_t port_;
  pid_t pid_ = -1;
};

}  // namespace shoal::server::test
