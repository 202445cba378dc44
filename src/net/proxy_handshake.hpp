#pragma once
// What is said to a proxy until it has connected us, as a machine: bytes in, bytes out. It never wants a byte
// of what comes behind, which is the target's.
//
// The attacker considered: whoever answers at the proxy's address. What it says is bounded (263 bytes in
// SOCKS5, 8 KiB in HTTP), and what is no answer is refused at the first byte that shows it.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <shoal/base/bytes.hpp>
#include <shoal/base/result.hpp>
#include <shoal/net/proxy.hpp>

namespace shoal::net {

class proxy_handshake {
 public:
  /// `host` is a name or an address, not empty and at most 255 bytes.
  proxy_handshake(const proxy& by, std::string host, std::uint16_t port);

  /// Bytes to send, each once.
  std::vector<std::byte> output();
  /// How many bytes may be read next; 0 when we are connected.
  std::size_t wanted() const;
  /// At most `wanted` bytes; an error of `proxy_errc` ends it.
  error feed(byte_view in);

 private:
  enum class phase : std::uint8_t { method, login, reply, address, status, done };

  error step();
  error take_method();
  error take_login();
  error take_reply();
  error take_status();
  void say(std::string_view bytes);
  void greet();
  void log_in();
  void ask();
  void ask_by_http();
  void expect(phase next, std::size_t bytes);

  proxy by_;
  std::string host_;
  std::uint16_t port_;
  phase phase_ = phase::method;
  std::size_t needed_ = 0;  // bytes of `in_` until the next step, where that is known
  std::string in_;
  std::string out_;
};

}  // namespace shoal::net
