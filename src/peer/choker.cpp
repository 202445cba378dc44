#include <algorithm>
#include <cmath>
#include <numeric>

#include <shoal/peer/choker.hpp>

namespace shoal::peer {

namespace {

/// The optimistic one has its slot already; that it is unchoked earns it no other.
bool seeder_prefers(instant now, duration hold, std::optional<peer_key> optimistic, const candidate& a,
                    const candidate& b) {
  const auto holds = [&](const candidate& c) {
    return c.unchoked && c.key != optimistic && now - c.unchoked_at < hold;
  };
  if (holds(a) != holds(b)) {
    return holds(a);
  }
  if (holds(a)) {
    return a.up_bytes_per_s > b.up_bytes_per_s;
  }
  return a.unchoked_at < b.unchoked_at;
}

bool chance_prefers(instant now, duration hold, const candidate& a, const candidate& b) {
  const auto holds = [&](const candidate& c) { return c.unchoked && now - c.unchoked_at < hold; };
  return holds(a) && !holds(b);
}

bool leecher_prefers(const candidate& a, const candidate& b) {
  if (a.snubbed != b.snubbed) {
    return b.snubbed;
  }
  return a.down_bytes_per_s > b.down_bytes_per_s;
}

}  // namespace

std::vector<peer_key> choker::round(instant now, std::span<const candidate> interested, std::uint32_t slots,
                                    bool seeding, rng& chance) {
  std::vector<candidate> order(interested.begin(), interested.end());
  chance.shuffle(std::span(order));
  std::vector<std::size_t> rank(order.size());  // the place after the shuffle decides among equals
  std::iota(rank.begin(), rank.end(), std::size_t{0});
  std::sort(rank.begin(), rank.end(), [&](std::size_t x, std::size_t y) {
    const auto prefers = [&](const candidate& a, const candidate& b) {
      if (settings_.rule == choke_rule::by_chance) {
        return chance_prefers(now, settings_.seed_hold, a, b);
      }
      return seeding ? seeder_prefers(now, settings_.seed_hold, optimistic_, a, b) : leecher_prefers(a, b);
    };
    return prefers(order[x], order[y]) || (!prefers(order[y], order[x]) && x < y);
  });

  const bool all_fit = order.size() <= slots;
  const std::size_t regular = all_fit ? order.size() : std::max<std::size_t>(slots, 1) - 1;
  std::vector<peer_key> chosen;
  for (std::size_t i = 0; i < regular; ++i) {
    chosen.push_back(order[rank[i]].key);
  }
  if (all_fit || slots == 0) {
    optimistic_.reset();
  } else {
    std::vector<candidate> rest;
    for (std::size_t i = regular; i < rank.size(); ++i) {
      rest.push_back(order[rank[i]]);
    }
    chosen.push_back(choose_optimistic(now, rest, chance));
  }
  return chosen;
}

peer_key choker::choose_optimistic(instant now, std::span<const candidate> rest, rng& chance) {
  const bool keeps =
      optimistic_ && now < optimistic_until_ &&
      std::any_of(rest.begin(), rest.end(), [&](const candidate& c) { return c.key == *optimistic_; });
  if (keeps) {
    return *optimistic_;
  }
  optimistic_until_ = now + settings_.optimistic_every;
  const auto weight = [&](const candidate& c) -> std::uint64_t {
    return now - c.joined_at < settings_.newcomer_for ? 3 : 1;
  };
  std::uint64_t total = 0;
  for (const auto& c : rest) {
    total += weight(c);
  }
  std::uint64_t ticket = chance.below(total);
  auto holder = rest.begin();
  while (ticket >= weight(*holder)) {
    ticket -= weight(*holder);
    ++holder;
  }
  optimistic_ = holder->key;
  return holder->key;
}

std::uint32_t slots_for_rate(double rate_bytes_per_s) {
  return static_cast<std::uint32_t>(std::clamp(std::sqrt(0.6 * rate_bytes_per_s / 1024), 8.0, 50.0));
}

bool slot_finder::review(bool used_up, bool somebody_waits) {
  if (used_up) {
    slots_ = std::max(least, slots_ - 1);
    return false;
  }
  if (!somebody_waits || slots_ == most) {
    return false;
  }
  ++slots_;
  return true;
}

}  // namespace shoal::peer
