#include <algorithm>

#include <shoal/swarm/announce_schedule.hpp>

namespace shoal::swarm {

announce_schedule::announce_schedule(tracker_tiers tiers, const announce_settings& s, rng& chance) {
  std::erase_if(tiers, [](const auto& tier) { return tier.empty(); });
  for (auto& urls : tiers) {
    chance.shuffle(std::span(urls));
  }
  if (!s.all) {
    if (!tiers.empty()) {
      lanes_.emplace_back(tiers, s);
    }
    return;
  }
  for (const auto& urls : tiers) {
    for (const auto& url : urls) {
      lanes_.emplace_back(tracker_tiers{{url}}, s);
    }
  }
}

void announce_schedule::start(instant now) {
  for (auto& lane : lanes_) {
    lane.start(now);
  }
}

void announce_schedule::completed(instant now) {
  for (auto& lane : lanes_) {
    lane.completed(now);
  }
}

void announce_schedule::set_partial_seed(instant now, bool is_one) {
  for (auto& lane : lanes_) {
    lane.set_partial_seed(now, is_one);
  }
}

void announce_schedule::want_peers(instant now) {
  for (auto& lane : lanes_) {
    lane.want_peers(now);
  }
}

std::optional<announce_schedule::request> announce_schedule::next(instant now, rng& chance) {
  for (auto& lane : lanes_) {
    if (auto due = lane.next(now, ticket_, chance)) {
      return due;
    }
  }
  return std::nullopt;
}

std::optional<instant> announce_schedule::deadline() const {
  std::optional<instant> out;
  for (const auto& lane : lanes_) {
    const auto due = lane.deadline();
    out = out && due ? std::min(*out, *due) : (out ? out : due);
  }
  return out;
}

bool announce_schedule::answered(instant now, std::uint32_t ticket, const announce::announce_response& r,
                                 rng& chance) {
  return std::any_of(lanes_.begin(), lanes_.end(),
                     [&](announce_lane& lane) { return lane.answered(now, ticket, r, chance); });
}

bool announce_schedule::failed(instant now, std::uint32_t ticket, rng& chance) {
  return std::any_of(lanes_.begin(), lanes_.end(),
                     [&](announce_lane& lane) { return lane.failed(now, ticket, chance); });
}

std::vector<announce_schedule::request> announce_schedule::stop() {
  std::vector<request> out;
  for (auto& lane : lanes_) {
    lane.stop(ticket_, out);
  }
  return out;
}

}  // namespace shoal::swarm
