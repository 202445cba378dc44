#pragma once
// What gateways are asked, in the three protocols that they speak. All of it blocks, and gives up soon after
// `stopped` says so. The attacker considered: whoever answers in the gateway's place on the own network. The
// libraries read what it says; of their results nothing but numbers and an address is kept.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include <shoal/net/port_mapper.hpp>

namespace shoal::net {

/// How long a mapping lasts unless it is renewed. A gateway forgets us when we do not come back.
inline constexpr std::uint32_t mapping_lifetime_s = 3600;

using stop_asked = std::function<bool()>;

struct granted {
  port_mapping mapping;
  std::uint32_t lifetime_s = mapping_lifetime_s;  ///< what the gateway gave; it may be less than we wished
};

class gateway {
 public:
  virtual ~gateway() = default;
  /// Looks for it; nothing is asked of it yet. True when it is there, or `map` finds out.
  virtual bool find(const stop_asked&) { return true; }
  /// Of a TCP port, or renewed when it is there already.
  virtual std::optional<granted> map(std::uint16_t port, const stop_asked& stopped) = 0;
  /// What `map` made.
  virtual void remove() = 0;
};
std::unique_ptr<gateway> pcp_gateway();
std::unique_ptr<gateway> nat_pmp_gateway();
std::unique_ptr<gateway> upnp_gateway();

}  // namespace shoal::net
