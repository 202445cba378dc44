#pragma once
// An HTTP client for tests that sends exactly the bytes it is told, over a blocking socket.

#include <cctype>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include <shoal/base/endpoint.hpp>
#include <shoal/base/hex.hpp>
#include <shoal/base/result.hpp>
#include <shoal/net/asio.hpp>

namespace shoal::server::test {

struct reply {
  unsigned status = 0;                        ///< 0 when there was none
  std::map<std::string, std::string> fields;  ///< names in lower case
  std::string body;
};

class raw_client {
 public:
  explicit raw_client(const endpoint& server) : socket_(context_) { socket_.connect(net::to_asio(server)); }
  /// From an address of our own choice, which the tracker takes for the peer's.
  raw_client(const endpoint& server, const char* from) : socket_(context_) {
    const auto local = net::asio::ip::make_address(from);
    socket_.open(net::to_asio(server).protocol());
    socket_.bind({local, 0});
    socket_.connect(net::to_asio(server));
  }

  /// False when the server has gone.
  bool send(std::string_view text) {
    error failed;
    net::asio::write(socket_, net::asio::buffer(text), failed);
    return !failed;
  }

  /// The next reply; `bodiless` after a HEAD.
  reply receive(bool bodiless = false) {
    reply out;
    error failed;
    const std::size_t head_bytes =
        net::asio::read_until(socket_, net::asio::dynamic_buffer(pending_), "\r\n\r\n", failed);
    if (failed) {
      return out;
    }
    read_head(pending_.substr(0, head_bytes), out);
    pending_.erase(0, head_bytes);
    if (out.fields["transfer-encoding"] == "chunked" && !bodiless) {
      receive_chunks(out);
      return out;
    }
    const std::size_t body_bytes =
        bodiless ? 0 : std::strtoul(out.fields["content-length"].c_str(), nullptr, 10);
    if (pending_.size() < body_bytes) {
      net::asio::read(socket_, net::asio::dynamic_buffer(pending_),
                      net::asio::transfer_exactly(body_bytes - pending_.size()), failed);
    }
    out.body = pending_.substr(0, body_bytes);
    pending_.erase(0, body_bytes);
    return out;
  }

  reply get(std::string_view target) {
    send("GET " + std::string(target) + " HTTP/1.1\r\nHost: t\r\n\r\n");
    return receive();
  }

  /// True when the server has closed the connection and nothing is left to read.
  bool at_end() {
    error failed;
    char c = 0;
    return pending_.empty() && net::asio::read(socket_, net::asio::buffer(&c, 1), failed) == 0;
  }

  net::tcp::socket& socket() { return socket_; }

  /// All that comes until the server closes.
  std::string rest() {
    error failed;
    net::asio::read(socket_, net::asio::dynamic_buffer(pending_), failed);
    return std::exchange(pending_, {});
  }

 private:
  void receive_chunks(reply& out) {
    error failed;
    for (std::size_t size = 1; size > 0 && !failed;) {
      const std::size_t line =
          net::asio::read_until(socket_, net::asio::dynamic_buffer(pending_), "\r\n", failed);
      size = std::strtoul(pending_.c_str(), nullptr, 16);
      pending_.erase(0, line);
      if (pending_.size() < size + 2) {
        net::asio::read(socket_, net::asio::dynamic_buffer(pending_),
                        net::asio::transfer_exactly(size + 2 - pending_.size()), failed);
      }
      out.body += pending_.substr(0, size);
      pending_.erase(0, size + 2);
    }
  }

  static void read_head(const std::string& head, reply& out) {
    out.status = static_cast<unsigned>(std::strtoul(head.c_str() + 9, nullptr, 10));
    std::size_t line = head.find("\r\n") + 2;
    while (line < head.size() - 2) {
      const std::size_t end = head.find("\r\n", line);
      const std::size_t colon = head.find(": ", line);
      std::string name = head.substr(line, colon - line);
      for (char& c : name) {
        c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      }
      out.fields[name] = head.substr(colon + 2, end - colon - 2);
      line = end + 2;
    }
  }

  net::asio::io_context context_;
  net::tcp::socket socket_;
  std::string pending_;
};

/// "/announce?..." of a leecher of the torrent named by twenty times `torrent`; `more` is appended.
inline std::string announce_target(std::uint16_t port, std::string_view more = "", char torrent = '\xa7') {
  return "/announce?info_hash=" + percent_encode(as_bytes(std::string(20, torrent))) +
         "&peer_id=-XX0001-abcdefghijkl&port=" + std::to_string(port) +
         "&uploaded=0&downloaded=0&left=9&compact=1" + std::string(more);
}

}  // namespace shoal::server::test
