#include <algorithm>

#include <shoal/swarm/web_seed_standing.hpp>

namespace shoal::swarm {

/// Doubled at each failure in a row: 5 s, 10 s ... 1 h.
void web_seed_standing::ended(instant now, ending how, std::optional<duration> retry_after) {
  constexpr unsigned doublings_max = 10;
  if (how == ending::useless) {
    gone_ = true;
    return;
  }
  failures_ = how == ending::served ? 0 : std::min(failures_ + 1, doublings_max);
  const duration doubled = pause_least * (1 << (failures_ == 0 ? 0 : failures_ - 1));
  due_ = now + std::clamp(std::max(doubled, retry_after.value_or(duration{})), pause_least, pause_most);
}

}  // namespace shoal::swarm
