#include <algorithm>

#include <shoal/base/reach.hpp>
#include <shoal/swarm/pex_intake.hpp>

namespace shoal::swarm {

/// When there are too many sources, the one that was heard longest ago is forgotten.
pex_intake::record& pex_intake::record_of(instant now, const ip_address& source) {
  const auto found = sources_.find(source);
  if (found != sources_.end()) {
    return found->second;
  }
  if (sources_.size() >= sources_max) {
    sources_.erase(std::min_element(sources_.begin(), sources_.end(), [](const auto& a, const auto& b) {
      return a.second.last < b.second.last;
    }));
  }
  return sources_[source] = {settings_.burst, now - settings_.heard_least};
}

bool pex_intake::take(instant now, const ip_address& source, const wire::pex_message& m,
                      std::vector<endpoint>& out) {
  auto& r = record_of(now, source);
  const auto passed = now - r.last;
  if (passed < settings_.heard_least) {
    return false;
  }
  r.last = now;
  r.allowance = std::min(settings_.burst, r.allowance + to_seconds(passed) / to_seconds(settings_.refill));
  for (const auto& peer : m.added) {
    if (r.allowance < 1) {
      break;
    }
    if (reach_of(peer.endpoint.address) >= reach_of(source)) {
      r.allowance -= 1;
      out.push_back(peer.endpoint);
    }
  }
  return true;
}

}  // namespace shoal::swarm
