#pragma once
// A server for tests that does with each connection what its script says, over plain blocking calls on a
// thread of its own, one connection at a time. Loopback, a free port.

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include <shoal/base/endpoint.hpp>
#include <shoal/base/result.hpp>
#include <shoal/net/asio.hpp>

namespace shoal::net::test {

class script_server {
 public:
  using script = std::function<void(tcp::socket&)>;

  explicit script_server(script s, const char* address = "127.0.0.1")
      : script_(std::move(s)),
        acceptor_(context_, tcp::endpoint(asio::ip::make_address(address), 0)),
        thread_([this] { serve(); }) {}

  ~script_server() {
    stopping_ = true;
    error ignored;
    tcp::socket knock(context_);
    knock.connect(acceptor_.local_endpoint(), ignored);  // ends a blocking accept
    thread_.join();
  }

  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  std::string url(const std::string& target = "/announce") const {
    return "http://" + from_asio(acceptor_.local_endpoint()).to_string() + target;
  }

 private:
  void serve() {
    while (true) {
      error failed;
      tcp::socket socket = acceptor_.accept(failed);
      if (stopping_) {
        return;
      }
      if (!failed) {
        script_(socket);
      }
    }
  }

  script script_;
  std::atomic<bool> stopping_ = false;
  asio::io_context context_;
  tcp::acceptor acceptor_;
  std::thread thread_;
};

// What scripts are made of. Errors are ignored: the client may leave whenever it likes.

template <class Stream>
std::string read_request(Stream& stream) {
  std::string request;
  error ignored;
  asio::read_until(stream, asio::dynamic_buffer(request, 64 * 1024), "\r\n\r\n", ignored);
  return request;
}

/// False when the client has gone.
template <class Stream>
bool say(Stream& stream, std::string_view text) {
  error failed;
  asio::write(stream, asio::buffer(text), failed);
  return !failed;
}

/// Returns when the client has gone.
template <class Stream>
void wait_for_end(Stream& stream) {
  std::array<char, 256> sink{};
  error failed;
  while (!failed) {
    stream.read_some(asio::buffer(sink), failed);
  }
}

inline script_server::script answer(std::string text) {
  return [text = std::move(text)](tcp::socket& s) {
    read_request(s);
    say(s, text);
  };
}

inline std::string ok(std::string_view body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

}  // namespace shoal::net::test
