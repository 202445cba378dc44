#pragma once
// Asks the gateway of this network (a home's router) to let callers from outside in to our port: NAT-PMP (RFC
// 6886) where it is spoken, else UPnP IGD. IPv4 only; IPv6 needs no mapping.
//
// Both libraries block, so this has a thread of its own, and whoever waits for it waits for its gateway: a
// second at most for one that is silent, a few for one that stalls in the middle of an answer.

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include <shoal/base/endpoint.hpp>
#include <shoal/base/result.hpp>
#include <shoal/base/time.hpp>

namespace shoal::net {

struct port_mapping {
  std::uint16_t port = 0;             ///< outside; it may be another than ours
  std::optional<ip_address> address;  ///< outside, when the gateway tells
  std::string way;                    ///< "NAT-PMP" or "UPnP"

  friend bool operator==(const port_mapping&, const port_mapping&) = default;
};

class port_mapper {
 public:
  /// Called on the mapper's thread: when a mapping is made or changes, and with nothing when there is none,
  /// once until there is one again.
  using told = std::function<void(const std::optional<port_mapping>&)>;

  /// Begins at once, for a TCP port.
  port_mapper(std::uint16_t port, told t);
  /// Removes the mapping; waits for that.
  ~port_mapper();
  port_mapper(const port_mapper&) = delete;
  port_mapper& operator=(const port_mapper&) = delete;

  /// Begins to remove it, and returns.
  void stop();

 private:
  void run();
  bool stopped() const;
  /// False when it was stopped meanwhile.
  bool rest(duration time);

  std::uint16_t port_;
  told told_;
  bool told_once_ = false;    // only `run`'s
  mutable std::mutex mutex_;  // of stopped_
  std::condition_variable wake_;
  bool stopped_ = false;
  std::thread thread_;  // the last: it uses the others
};

/// Whether this machine has an IPv4 address that only its own network knows: then a gateway may be in the
/// way.
bool behind_a_gateway();

}  // namespace shoal::net
