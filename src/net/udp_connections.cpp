#include <algorithm>

#include <shoal/net/udp_connections.hpp>

namespace shoal::net {

std::optional<announce::udp::connection> udp_connections::find(const endpoint& tracker,
                                                               const ip_address& from, instant now) const {
  const std::lock_guard lock(mutex_);
  const auto found = kept_.find({tracker, from});
  return found != kept_.end() && found->second.usable(now) ? std::optional(found->second) : std::nullopt;
}

void udp_connections::keep(const endpoint& tracker, const ip_address& from,
                           const std::optional<announce::udp::connection>& connection) {
  const std::lock_guard lock(mutex_);
  if (!connection) {
    kept_.erase({tracker, from});
    return;
  }
  kept_[{tracker, from}] = *connection;
  if (kept_.size() > kept_max) {
    kept_.erase(std::min_element(kept_.begin(), kept_.end(), [](const auto& a, const auto& b) {
      return a.second.received_at < b.second.received_at;
    }));
  }
}

}  // namespace shoal::net
