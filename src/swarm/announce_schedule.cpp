#include <algorithm>

#include <shoal/swarm/announce_schedule.hpp>

namespace shoal::swarm {

announce_schedule::announce_schedule(tracker_tiers tiers, const announce_settings& s, rng& chance)
    : settings_(s) {
  for (auto& urls : tiers) {
    chance.shuffle(std::span(urls));
    auto& tier = tiers_.emplace_back();
    for (auto& url : urls) {
      tier.emplace_back(std::move(url));
    }
  }
  std::erase_if(tiers_, [](const auto& tier) { return tier.empty(); });
}

void announce_schedule::start(instant now) {
  running_ = !tiers_.empty();
  due_ = now;
}

void announce_schedule::completed(instant now) {
  complete_ = true;
  due_ = std::min(due_, now);
}

void announce_schedule::want_peers(instant now) {
  due_ = std::min(due_, std::max(now, earliest_));
}

announce_schedule::tracker* announce_schedule::current() {
  return tier_ < tiers_.size() && place_ < tiers_[tier_].size() ? &tiers_[tier_][place_] : nullptr;
}

announce::event announce_schedule::event_for(const tracker& t) const {
  if (!t.knows_us) {
    return announce::event::started;
  }
  return complete_ && !t.completed_sent ? announce::event::completed : announce::event::none;
}

std::optional<announce_schedule::request> announce_schedule::next(instant now, rng& chance) {
  if (running_ && now >= due_ && under_way_) {
    failed(now, ticket_, chance);
  }
  if (!running_ || now < due_) {
    return std::nullopt;
  }
  const tracker* const t = current();
  if (t == nullptr) {
    running_ = false;  // every tracker said "never"
    return std::nullopt;
  }
  under_way_ = event_for(*t);
  due_ = now + settings_.answer_max;
  return request{++ticket_, t->url, *under_way_, t->id};
}

std::optional<instant> announce_schedule::deadline() const {
  return running_ ? std::optional(due_) : std::nullopt;
}

void announce_schedule::promote() {
  auto& tier = tiers_[tier_];
  std::rotate(tier.begin(), tier.begin() + static_cast<std::ptrdiff_t>(place_),
              tier.begin() + static_cast<std::ptrdiff_t>(place_) + 1);
  tier_ = 0;  // the next announce begins with the most preferred again
  place_ = 0;
}

bool announce_schedule::answered(instant now, std::uint32_t ticket, const announce::announce_response& r,
                                 rng& chance) {
  if (!under_way_ || ticket != ticket_) {
    return false;
  }
  tracker* const t = current();
  if (!r.failure_reason.empty()) {
    t->dead = r.retry_in_s == announce::never_retry;
    return failed(now, ticket, chance);
  }
  t->completed_sent = t->completed_sent || under_way_ == announce::event::completed;
  t->knows_us = true;
  under_way_.reset();
  failed_rounds_ = 0;
  if (!r.tracker_id.empty()) {
    t->id = r.tracker_id;
  }
  const auto bounded = [&](std::uint32_t s) {
    return std::clamp<duration>(std::chrono::seconds(s), settings_.interval_least, settings_.interval_most);
  };
  due_ = now + bounded(r.interval_s);
  earliest_ = now + bounded(r.min_interval_s.value_or(std::min(r.interval_s, std::uint32_t{60})));
  if (event_for(*t) == announce::event::completed) {
    due_ = now;  // it completed while this announce was under way
  }
  promote();
  return true;
}

bool announce_schedule::failed(instant now, std::uint32_t ticket, rng& chance) {
  if (!under_way_ || ticket != ticket_) {
    return false;
  }
  under_way_.reset();
  advance(now, chance);
  return true;
}

void announce_schedule::advance(instant now, rng& chance) {
  due_ = now;
  do {
    if (++place_ >= tiers_[tier_].size()) {
      place_ = 0;
      ++tier_;
    }
    if (tier_ == tiers_.size()) {
      break;
    }
  } while (current()->dead);
  if (tier_ < tiers_.size()) {
    return;
  }
  const auto wait = settings_.retry_first * (std::int64_t{1} << std::min(failed_rounds_, 16U));
  ++failed_rounds_;
  due_ = now + from_seconds(to_seconds(std::min<duration>(wait, settings_.retry_max)) *
                            (0.8 + 0.4 * chance.unit()));
  for (tier_ = 0; tier_ < tiers_.size(); ++tier_) {
    for (place_ = 0; place_ < tiers_[tier_].size(); ++place_) {
      if (!current()->dead) {
        return;
      }
    }
  }
}

std::vector<announce_schedule::request> announce_schedule::stop() {
  running_ = false;
  std::vector<request> out;
  for (const auto& tier : tiers_) {
    for (const auto& t : tier) {
      if (t.knows_us) {
        out.push_back({++ticket_, t.url, announce::event::stopped, t.id});
      }
    }
  }
  return out;
}

}  // namespace shoal::swarm
