#pragma once
// The connection ids that UDP trackers have given us (BEP 15), by the tracker's address: torrents that
// announce to one tracker within a minute share its id. Thread-safe; bounded, the oldest is forgotten.

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include <shoal/announce/udp_exchange.hpp>
#include <shoal/base/endpoint.hpp>
#include <shoal/base/time.hpp>

namespace shoal::net {

class udp_connections {
 public:
  /// One that can be used now. `from` is our own address: trackers bind ids to it.
  std::optional<announce::udp::connection> find(const endpoint& tracker, const ip_address& from,
                                                instant now) const;
  /// Nothing forgets what was kept.
  void keep(const endpoint& tracker, const ip_address& from,
            const std::optional<announce::udp::connection>& connection);

 private:
  static constexpr std::size_t kept_max = 256;

  mutable std::mutex mutex_;
  std::map<std::pair<endpoint, ip_address>, announce::udp::connection> kept_;
};

}  // namespace shoal::net
