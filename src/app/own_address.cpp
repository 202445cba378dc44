#include "app/own_address.hpp"

#include <array>
#include <cstring>
#include <netinet/in.h>
#include <span>
#include <sys/socket.h>
#include <unistd.h>

namespace shoal::app {

namespace {

// Connecting a datagram socket sends nothing; it only asks the routing table. The targets are the first
// documentation addresses (RFC 5737, RFC 3849), which are routed like any other far one.
template <class Sockaddr>
bool source_towards(Sockaddr target, Sockaddr& source) {
  sockaddr generic{};
  std::memcpy(&generic, &target, sizeof generic.sa_family);
  const int s = ::socket(generic.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (s < 0) return false;
  socklen_t length = sizeof source;
  const bool ok = ::connect(s, reinterpret_cast<const sockaddr*>(&target), sizeof target) == 0 &&
                  ::getsockname(s, reinterpret_cast<sockaddr*>(&source), &length) == 0;
  ::close(s);
  return ok;
}

std::optional<ip_address> source_v4() {
  sockaddr_in target{};
  target.sin_family = AF_INET;
  target.sin_port = htons(9);
  target.sin_addr.s_addr = htonl(0xc0000201);  // 192.0.2.1
  sockaddr_in source{};
  if (!source_towards(target, source)) return std::nullopt;
  return ip_address::from_bytes(std::as_bytes(std::span(&source.sin_addr, 1)));
}

std::optional<ip_address> source_v6() {
  sockaddr_in6 target{};
  target.sin6_family = AF_INET6;
  target.sin6_port = htons(9);
  constexpr std::array<std::uint8_t, 4> documentation{0x20, 0x01, 0x0d, 0xb8};
  std::memcpy(&target.sin6_addr, documentation.data(), documentation.size());
  target.sin6_addr.s6_addr[15] = 1;
  sockaddr_in6 source{};
  if (!source_towards(target, source)) return std::nullopt;
  return ip_address::from_bytes(std::as_bytes(std::span(&source.sin6_addr, 1)));
}

}  // namespace

std::optional<ip_address> own_address() {
  for (const auto& a : {source_v4(), source_v6()}) {
    if (a && !a->is_unspecified() && !a->is_loopback()) return a;
  }
  return std::nullopt;
}

reachable reachable_at(const endpoint& listening) {
  if (!listening.address.is_unspecified()) {
    return {listening, false, listening.address.is_loopback()};
  }
  if (const auto own = own_address()) return {{*own, listening.port}, true, false};
  return {{ip_address::v4({127, 0, 0, 1}), listening.port}, true, true};
}

std::string announce_url_at(const endpoint& e) {
  return "http://" + e.to_string() + "/announce";
}

}  // namespace shoal::app
