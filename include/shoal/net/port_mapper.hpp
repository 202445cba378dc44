#pragma once
// Asks the gateway of this network (a home's router) to let callers from outside in to our port: by PCP (RFC
// 6887), NAT-PMP (RFC 6886) or UPnP IGD, the first that it speaks. IPv4 only; IPv6 needs no mapping.
//
// What asks blocks, so it has a thread of its own. Who ends it waits for the gateway, but not for ever: one
// that stalls in the middle of an answer is left with its thread.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include <shoal/base/endpoint.hpp>

namespace shoal::net {

struct port_mapping {
  std::uint16_t port = 0;             ///< outside; it may be another than ours
  std::optional<ip_address> address;  ///< outside, when the gateway tells
  std::string way;                    ///< "PCP", "NAT-PMP" or "UPnP"

  friend bool operator==(const port_mapping&, const port_mapping&) = default;
};

class port_mapper {
 public:
  /// Called on the mapper's thread: when a mapping is made or changes, and with nothing when there is none,
  /// once until there is one again.
  using told = std::function<void(const std::optional<port_mapping>&)>;

  /// Begins at once, for a TCP port.
  port_mapper(std::uint16_t port, told t);
  /// Removes the mapping; waits for that, for 3 s at most. Tells nothing from then on.
  ~port_mapper();
  port_mapper(const port_mapper&) = delete;
  port_mapper& operator=(const port_mapper&) = delete;

  /// Begins to remove it, and returns.
  void stop();

 private:
  class job;

  std::shared_ptr<job> job_;  // shared with the thread, which may outlive us
  std::thread thread_;
};

/// Whether this machine has an IPv4 address that only its own network knows: then a gateway may be in the
/// way.
bool behind_a_gateway();

}  // namespace shoal::net
