#include "net/gateways.hpp"

#include <array>
#include <chrono>
#include <memory>
#include <miniupnpc/miniupnpc.h>
#include <miniupnpc/upnpcommands.h>
#include <miniupnpc/upnperrors.h>
#include <natpmp.h>
#include <poll.h>
#include <span>
#include <string>
#include <string_view>

namespace shoal::net {

namespace {

/// Requests are sent again after 250 ms, 500 ms and so on (RFC 6886, section 3.1): so many milliseconds are
/// three of them. Gateways are near.
constexpr int patience_ms = 1750;
constexpr int step_ms = 100;

/// One conversation with the gateway.
class talk {
 public:
  talk() : open_(::initnatpmp(&state_, 0, 0) == 0) {}
  ~talk() {
    if (open_) ::closenatpmp(&state_);
  }
  talk(const talk&) = delete;
  talk& operator=(const talk&) = delete;

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

class nat_pmp final : public gateway {
 public:
  std::optional<port_mapping> map(std::uint16_t port, const stop_asked& stopped) override {
    port_ = port;
    talk with;
    if (!with.ask_for_port(port, mapping_lifetime_s)) return std::nullopt;
    const auto made = with.answer(stopped);
    if (!made || made->type != NATPMP_RESPTYPE_TCPPORTMAPPING ||
        made->pnu.newportmapping.privateport != port || made->pnu.newportmapping.mappedpublicport == 0) {
      return std::nullopt;
    }
    port_mapping out{made->pnu.newportmapping.mappedpublicport, {}, "NAT-PMP"};
    if (!with.ask_for_address()) return out;
    const auto where = with.answer(stopped);
    if (where && where->type == NATPMP_RESPTYPE_PUBLICADDRESS) {
      out.address = ip_address::from_bytes(std::as_bytes(std::span(&where->pnu.publicaddress.addr, 1)));
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

class upnp final : public gateway {
 public:
  upnp() = default;
  ~upnp() override { ::FreeUPNPUrls(&urls_); }
  upnp(const upnp&) = delete;
  upnp& operator=(const upnp&) = delete;

  std::optional<port_mapping> map(std::uint16_t port, const stop_asked& stopped) override {
    constexpr int only_permanent_leases = 725;
    if (urls_.controlURL == nullptr && !find(stopped)) return std::nullopt;
    port_ = std::to_string(port);
    int failed = add(std::to_string(mapping_lifetime_s));
    if (failed == only_permanent_leases) failed = add("0");
    if (failed != 0) return std::nullopt;
    return port_mapping{port, address(), "UPnP"};
  }

  void remove() override {
    ::UPNP_DeletePortMapping(urls_.controlURL, data_.first.servicetype, port_.c_str(), protocol, nullptr);
  }

 private:
  bool find(const stop_asked& stopped) {
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

std::unique_ptr<gateway> nat_pmp_gateway() {
  return std::make_unique<nat_pmp>();
}
std::unique_ptr<gateway> upnp_gateway() {
  return std::make_unique<upnp>();
}

}  // namespace shoal::net
