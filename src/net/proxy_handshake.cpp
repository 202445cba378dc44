#include "net/proxy_handshake.hpp"

#include <algorithm>
#include <utility>

#include <openssl/evp.h>

#include <shoal/base/endpoint.hpp>

namespace shoal::net {

namespace {

// RFC 1928 and 1929.
constexpr char socks_version = 5, login_version = 1, connect_command = 1, succeeded = 0;
constexpr char no_login = 0, login_by_password = 2;
constexpr char is_v4 = 1, is_name = 3, is_v6 = 4;

constexpr std::string_view end_of_header = "\r\n\r\n";
constexpr std::string_view status_line = "HTTP/1.x xxx";
constexpr std::size_t code_at = 9;
constexpr std::size_t reply_header_max = 8192;

std::string base64(std::string_view text) {
  std::string out(4 * ((text.size() + 2) / 3) + 1, '\0');
  const int length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                      reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  out.resize(static_cast<std::size_t>(length));
  return out;
}

/// Type, length where there is one, and address.
std::string socks_address(const std::string& host) {
  if (const auto address = ip_address::parse(host)) {
    return (address->is_v4() ? is_v4 : is_v6) + std::string(as_text(address->bytes()));
  }
  return std::string{is_name, static_cast<char>(host.size())} + host;
}

proxy_errc of_reply(char code) {
  switch (code) {
    case 2:
      return proxy_errc::forbidden;
    case 3:  // network
    case 4:  // host
    case 6:  // time to live
      return proxy_errc::target_unreachable;
    case 5:
      return proxy_errc::target_refused;
    default:
      return proxy_errc::failed;
  }
}

/// How many of the last bytes begin the end of a header.
std::size_t begun_end(std::string_view text) {
  for (std::size_t n = std::min(text.size(), end_of_header.size()); n > 0; --n) {
    if (text.ends_with(end_of_header.substr(0, n))) return n;
  }
  return 0;
}

}  // namespace

proxy_handshake::proxy_handshake(const proxy& by, std::string host, std::uint16_t port)
    : by_(by), host_(std::move(host)), port_(port) {
  if (by_.how == proxy::kind::socks5) {
    greet();
  } else {
    ask_by_http();
  }
}

std::vector<std::byte> proxy_handshake::output() {
  const auto view = as_bytes(out_);
  std::vector<std::byte> bytes(view.begin(), view.end());
  out_.clear();
  return bytes;
}

std::size_t proxy_handshake::wanted() const {
  switch (phase_) {
    case phase::done:
      return 0;
    case phase::status:
      return end_of_header.size() - begun_end(in_);
    default:
      return needed_ - in_.size();
  }
}

error proxy_handshake::feed(byte_view in) {
  if (in.empty()) return {};
  in_ += as_text(in);
  if (phase_ == phase::status) return take_status();
  if (in_[0] != (phase_ == phase::login ? login_version : socks_version)) return proxy_errc::not_this_kind;
  while (phase_ != phase::done && in_.size() >= needed_) {
    if (const error failed = step()) return failed;
  }
  return {};
}

error proxy_handshake::step() {
  switch (phase_) {
    case phase::method:
      return take_method();
    case phase::login:
      return take_login();
    case phase::reply:
      return take_reply();
    default:
      phase_ = phase::done;  // where the proxy connects from is of no interest
      return {};
  }
}

void proxy_handshake::expect(phase next, std::size_t bytes) {
  phase_ = next;
  needed_ = bytes;
}

void proxy_handshake::greet() {
  out_ = by_.user.empty() ? std::string{socks_version, 1, no_login}
                          : std::string{socks_version, 2, no_login, login_by_password};
  expect(phase::method, 2);
}

error proxy_handshake::take_method() {
  const char method = in_[1];
  in_.clear();
  if (method == no_login) {
    ask();
    return {};
  }
  if (method == login_by_password && !by_.user.empty()) {
    log_in();
    return {};
  }
  return by_.user.empty() ? proxy_errc::login_wanted : proxy_errc::login_refused;
}

void proxy_handshake::log_in() {
  out_ += login_version;
  for (const auto& part : {by_.user, by_.password}) {
    out_ += static_cast<char>(part.size()) + part;
  }
  expect(phase::login, 2);
}

error proxy_handshake::take_login() {
  if (in_[1] != succeeded) return proxy_errc::login_refused;
  in_.clear();
  ask();
  return {};
}

void proxy_handshake::ask() {
  out_ += std::string{socks_version, connect_command, 0} + socks_address(host_) +
          static_cast<char>(port_ >> 8) + static_cast<char>(port_);
  expect(phase::reply, 5);
}

/// Its first five bytes, which tell how long the rest is.
error proxy_handshake::take_reply() {
  if (in_[1] != succeeded) return of_reply(in_[1]);
  constexpr std::size_t port_bytes = 2, head_bytes = 4;
  switch (in_[3]) {
    case is_v4:
      expect(phase::address, head_bytes + 4 + port_bytes);
      return {};
    case is_v6:
      expect(phase::address, head_bytes + 16 + port_bytes);
      return {};
    case is_name:
      expect(phase::address, head_bytes + 1 + static_cast<std::uint8_t>(in_[4]) + port_bytes);
      return {};
    default:
      return proxy_errc::not_this_kind;
  }
}

void proxy_handshake::ask_by_http() {
  const auto address = ip_address::parse(host_);
  const std::string target =
      (address && address->is_v6() ? "[" + host_ + "]" : host_) + ":" + std::to_string(port_);
  out_ = "CONNECT " + target + " HTTP/1.1\r\nHost: " + target + "\r\n";
  if (!by_.user.empty()) {
    out_ += "Proxy-Authorization: Basic " + base64(by_.user + ":" + by_.password) + "\r\n";
  }
  out_ += "\r\n";
  phase_ = phase::status;
}

error proxy_handshake::take_status() {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  for (std::size_t i = 0; i < std::min(in_.size(), status_line.size()); ++i) {
    if (status_line[i] == 'x' ? !is_digit(in_[i]) : in_[i] != status_line[i]) {
      return proxy_errc::not_this_kind;
    }
  }
  if (in_.size() > reply_header_max) return proxy_errc::not_this_kind;
  if (in_.size() < status_line.size()) return {};
  const std::string_view status = std::string_view(in_).substr(code_at, 3);
  if (status == "407") return by_.user.empty() ? proxy_errc::login_wanted : proxy_errc::login_refused;
  if (status == "403") return proxy_errc::forbidden;
  if (status == "502" || status == "503" || status == "504") return proxy_errc::target_unreachable;
  if (status[0] != '2') return proxy_errc::failed;
  if (in_.ends_with(end_of_header)) phase_ = phase::done;
  return {};
}

}  // namespace shoal::net
