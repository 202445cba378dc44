#include "net/gateways.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <memory>
#include <miniupnpc/miniupnpc.h>
#include <miniupnpc/upnpcommands.h>
#include <miniupnpc/upnperrors.h>
#include <natpmp.h>
#include <netinet/in.h>
#include <poll.h>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>

#include "net/pcp.hpp"

namespace shoal::net {

namespace {

/// Requests are sent again after 250 ms, 500 ms and so on (RFC 6886, section 3.1): so many milliseconds are
/// three of them. PCP would wait 3 s (RFC 6887, section 8.1.1), but gateways are near.
constexpr int patience_ms = 1750;
constexpr int first_wait_ms = 250;
constexpr int step_ms = 100;

/// NAT-PMP answers every other version with its own, and that it does not know it (RFC 6886, section 3.5).
bool is_of_nat_pmp(byte_view reply) {
  return !reply.empty() && reply.front() == std::byte{0};
}

using clock = std::chrono::steady_clock;

/// One conversation with the gateway of the default route, by the port that NAT-PMP and PCP share.
class talk {
 public:
  talk() : open_(::initnatpmp(&state_, 0, 0) == 0) {}
  ~talk() {
    if (open_) ::closenatpmp(&state_);
  }
  talk(const talk&) = delete;
  talk& operator=(const talk&) = delete;

  /// Our address towards the gateway.
  std::optional<ip_address> own_address() const {
    sockaddr_in own{};
    socklen_t size = sizeof own;
    if (!open_ || ::getsockname(state_.s, reinterpret_cast<sockaddr*>(&own), &size) != 0) return std::nullopt;
    return ip_address::from_bytes(std::as_bytes(std::span(&own.sin_addr, 1)));
  }

  std::optional<pcp_map_reply> ask_by_pcp(const pcp_map_request& r, const stop_asked& stopped) {
    const auto request = encode(r);
    std::array<std::byte, 1101> room;
    auto wait = std::chrono::milliseconds(first_wait_ms);
    const auto end = clock::now() + std::chrono::milliseconds(patience_ms);
    auto next = clock::now();
    while (open_ && !stopped() && clock::now() < end) {
      if (clock::now() >= next) {
        if (::send(state_.s, request.data(), request.size(), 0) < 0) return std::nullopt;
        next += wait;
        wait *= 2;
      }
      pollfd readable{state_.s, POLLIN, 0};
      ::poll(&readable, 1, step_ms);
      const auto got = ::recv(state_.s, room.data(), room.size(), 0);
      if (got < 0 && errno != EAGAIN && errno != EINTR) return std::nullopt;  // as when nobody has the port
      if (got < 0) continue;
      const auto reply = byte_view(room).first(static_cast<std::size_t>(got));
      if (const auto out = decode_pcp_reply(reply, r)) return out;
      if (is_of_nat_pmp(reply)) return std::nullopt;
    }
    return std::nullopt;
  }

  bool ask_for_address() { return open_ && ::sendpublicaddressrequest(&state_) >= 0; }
  bool ask_for_port(std::uint16_t port, std::uint32_t lifetime_s) {
    const std::uint16_t wished = lifetime_s == 0 ? 0 : port;
    return open_ && ::sendnewportmappingrequest(&state_, NATPMP_PROTOCOL_TCP, port, wished, lifetime_s) >= 0;
  }

  std::optional<natpmpresp_t> answer(const stop_asked& stopped) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(patience_ms);
    while (!stopped() && std::chrono::steady_clock::now() < end) {
      pollfd readable{state_.s, POLLIN, 0};
      ::poll(&readable, 1, step_ms);
      natpmpresp_t out{};
      const int got = ::readnatpmpresponseorretry(&state_, &out);
      if (got == 0) return out;
      if (got != NATPMP_TRYAGAIN) return std::nullopt;
    }
    return std::nullopt;
  }

 private:
  natpmp_t state_{};
  bool open_;
};

class pcp final : public gateway {
 public:
  pcp() {
    std::ranges::generate(request_.nonce,
                          [] { return std::byte{static_cast<std::uint8_t>(std::random_device()())}; });
  }

  std::optional<granted> map(std::uint16_t port, const stop_asked& stopped) override {
    talk with;
    const auto own = with.own_address();
    if (!own) return std::nullopt;
    request_.client = *own;
    request_.port = port;
    request_.lifetime_s = mapping_lifetime_s;
    const auto made = with.ask_by_pcp(request_, stopped);
    if (!made || made->result != 0 || made->lifetime_s == 0 || made->outside.port == 0) return std::nullopt;
    request_.wished = made->outside;
    return granted{{made->outside.port, made->outside.address, "PCP"}, made->lifetime_s};
  }

  void remove() override {
    request_.lifetime_s = 0;
    request_.wished = {};
    talk().ask_by_pcp(request_, [] { return false; });
  }

 private:
  pcp_map_request request_;
};

class nat_pmp final : public gateway {
 public:
  std::optional<granted> map(std::uint16_t port, const stop_asked& stopped) override {
    port_ = port;
    talk with;
    if (!with.ask_for_port(port, mapping_lifetime_s)) return std::nullopt;
    const auto made = with.answer(stopped);
    if (!made || made->type != NATPMP_RESPTYPE_TCPPORTMAPPING ||
        made->pnu.newportmapping.privateport != port || made->pnu.newportmapping.mappedpublicport == 0) {
      return std::nullopt;
    }
    const auto& given = made->pnu.newportmapping;
    granted out{{given.mappedpublicport, {}, "NAT-PMP"}, given.lifetime};
    if (!with.ask_for_address()) return out;
    const auto where = with.answer(stopped);
    if (where && where->type == NATPMP_RESPTYPE_PUBLICADDRESS) {
      out.mapping.address =
          ip_address::from_bytes(std::as_bytes(std::span(&where->pnu.publicaddress.addr, 1)));
    }
    return out;
  }

  void remove() override {
    talk with;
    if (with.ask_for_port(port_, 0)) with.answer([] { return false; });
  }

 private:
  std::uint16_t port_ = 0;
};

constexpr auto protocol = "TCP";
constexpr auto description = "shoal";
/// Gateways answer within a second; they are called several times, to hear soon when that is not wanted any
/// more.
constexpr int call_ms = 500;
constexpr int calls = 4;
constexpr unsigned char hops = 2;

struct no_list {
  void operator()(UPNPDev* list) const { ::freeUPNPDevlist(list); }
};

/// Where no route leads to the group that UPnP calls, the library would complain on standard error.
bool groups_are_reachable() {
  const int probe = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (probe < 0) return false;
  sockaddr_in group{};
  group.sin_family = AF_INET;
  group.sin_port = htons(1900);
  group.sin_addr.s_addr = htonl(0xEFFFFFFA);  // 239.255.255.250
  const bool out = ::connect(probe, reinterpret_cast<const sockaddr*>(&group), sizeof group) == 0;
  ::close(probe);
  return out;
}

class upnp final : public gateway {
 public:
  upnp() = default;
  ~upnp() override { ::FreeUPNPUrls(&urls_); }
  upnp(const upnp&) = delete;
  upnp& operator=(const upnp&) = delete;

  bool find(const stop_asked& stopped) override {
    if (urls_.controlURL != nullptr) return true;
    if (!groups_are_reachable()) return false;
    for (int n = 0; n < calls && !stopped(); ++n) {
      int failed = 0;
      const std::unique_ptr<UPNPDev, no_list> found(
          ::upnpDiscover(call_ms, nullptr, nullptr, UPNP_LOCAL_PORT_ANY, 0, hops, &failed));
      if (!found) continue;
      const int verdict =
          ::UPNP_GetValidIGD(found.get(), &urls_, &data_, own_.data(), static_cast<int>(own_.size()));
      return (verdict == 1 || verdict == 2) && urls_.controlURL != nullptr;  // 2: it is not connected itself
    }
    return false;
  }

  std::optional<granted> map(std::uint16_t port, const stop_asked& stopped) override {
    constexpr int only_permanent_leases = 725;
    if (stopped()) return std::nullopt;
    port_ = std::to_string(port);
    int failed = add(std::to_string(mapping_lifetime_s));
    if (failed == only_permanent_leases) failed = add("0");
    if (failed != 0) return std::nullopt;
    return granted{{port, address(), "UPnP"}};
  }

  void remove() override {
    ::UPNP_DeletePortMapping(urls_.controlURL, data_.first.servicetype, port_.c_str(), protocol, nullptr);
  }

 private:
  int add(const std::string& lifetime_s) {
    return ::UPNP_AddPortMapping(urls_.controlURL, data_.first.servicetype, port_.c_str(), port_.c_str(),
                                 own_.data(), description, protocol, nullptr, lifetime_s.c_str());
  }

  std::optional<ip_address> address() {
    std::array<char, 64> text{};
    if (::UPNP_GetExternalIPAddress(urls_.controlURL, data_.first.servicetype, text.data()) != 0)
      return std::nullopt;
    return ip_address::parse(std::string_view(text.data()));
  }

  UPNPUrls urls_{};
  IGDdatas data_{};
  std::array<char, 64> own_{};  ///< our address towards it
  std::string port_;
};

}  // namespace

std::unique_ptr<gateway> pcp_gateway() {
  return std::make_unique<pcp>();
}
std::unique_ptr<gateway> nat_pmp_gateway() {
  return std::make_unique<nat_pmp>();
}
std::unique_ptr<gateway> upnp_gateway() {
  return std::make_unique<upnp>();
}

}  // namespace shoal::net
