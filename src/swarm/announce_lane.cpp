#include <algorithm>
#include <cassert>

#include <shoal/swarm/announce_lane.hpp>

namespace shoal::swarm {

announce_lane::announce_lane(const tracker_tiers& tiers, const announce_settings& s) : settings_(s) {
  for (const auto& urls : tiers) {
    auto& tier = tiers_.emplace_back();
    for (const auto& url : urls) {
      tier.emplace_back(url);
    }
  }
}

template <class F>
void announce_lane::for_each(F f) {
  for (auto& tier : tiers_) {
    for (auto& t : tier) {
      f(t);
    }
  }
}

announce_lane::tracker* announce_lane::find(std::uint32_t ticket) {
  tracker* out = nullptr;
  for_each([&](tracker& t) { out = t.awaited && t.awaited->ticket == ticket ? &t : out; });
  return out;
}

/// The last announce has had no answer yet.
bool announce_lane::asking() const {
  return std::any_of(tiers_.begin(), tiers_.end(), [&](const auto& tier) {
    return std::any_of(tier.begin(), tier.end(),
                       [&](const tracker& t) { return t.awaited && t.awaited->ticket == newest_ticket_; });
  });
}

void announce_lane::start(instant now) {
  running_ = true;
  due_ = now;
}

void announce_lane::completed(instant now) {
  complete_ = true;
  if (!asking()) {
    due_ = std::min(due_, now);
  }
}

void announce_lane::set_partial_seed(instant now, bool is_one) {
  if (partial_seed_ != is_one) {
    partial_seed_ = is_one;
    want_peers(now);
  }
}

void announce_lane::want_peers(instant now) {
  if (!asking()) {
    due_ = std::min(due_, std::max(now, earliest_));
  }
}

/// `paused` stands in the place of `started` too: the BEP wants it in every announce, so that a tracker that
/// was started anew, or stands in for another, knows.
announce::event announce_lane::event_for(const tracker& t) const {
  if (partial_seed_) {
    return announce::event::paused;
  }
  if (!t.knows_us) {
    return announce::event::started;
  }
  return complete_ && !t.completed_sent ? announce::event::completed : announce::event::none;
}

void announce_lane::begin_round() {
  tier_ = 0;
  place_ = 0;
}

/// The next tracker that may be asked, at the place in hand; null at the end of the round.
announce_lane::tracker* announce_lane::whose_turn() {
  for (; tier_ < tiers_.size(); ++tier_, place_ = 0) {
    for (; place_ < tiers_[tier_].size(); ++place_) {
      auto& t = tiers_[tier_][place_];
      if (!t.dead && !t.awaited) {
        return &t;
      }
    }
  }
  return nullptr;
}

std::optional<announce_order> announce_lane::next(instant now, std::uint32_t& ticket, rng& chance) {
  if (!running_ || now < due_) {
    return std::nullopt;
  }
  for_each([&](tracker& t) {
    if (t.awaited && now - t.awaited->asked_at >= settings_.answer_max) {
      t.awaited.reset();
    }
  });
  tracker* const t = whose_turn();
  if (t == nullptr) {
    end_round(now, chance);
    return std::nullopt;
  }
  ++place_;
  newest_ticket_ = ++ticket;
  t->awaited = pending{ticket, event_for(*t), now};
  due_ = now + settings_.slow_after;
  return announce_order{ticket, t->url, t->awaited->event, t->id};
}

/// Everybody has been asked and nobody has answered: those that are slow are waited for, then there is a
/// pause.
void announce_lane::end_round(instant now, rng& chance) {
  std::optional<instant> patience;
  bool somebody = false;
  for_each([&](tracker& t) {
    somebody = somebody || !t.dead;
    if (t.awaited) {
      const auto until = t.awaited->asked_at + settings_.answer_max;
      patience = patience ? std::min(*patience, until) : until;
    }
  });
  running_ = somebody;  // else every tracker said "never"
  if (patience) {
    due_ = *patience;
    return;
  }
  const auto wait = settings_.retry_first * (std::int64_t{1} << std::min(failed_rounds_, 16U));
  ++failed_rounds_;
  due_ = now + from_seconds(to_seconds(std::min<duration>(wait, settings_.retry_max)) *
                            (0.8 + 0.4 * chance.unit()));
  begin_round();
}

void announce_lane::promote(const tracker& t) {
  for (auto& tier : tiers_) {
    const auto at = std::find_if(tier.begin(), tier.end(), [&](const tracker& o) { return &o == &t; });
    if (at != tier.end()) {
      std::rotate(tier.begin(), at, at + 1);
      return;
    }
  }
}

bool announce_lane::answered(instant now, std::uint32_t ticket, const announce::announce_response& r,
                             rng& chance) {
  tracker* const t = find(ticket);
  if (t == nullptr) {
    return false;
  }
  if (!r.failure_reason.empty()) {
    t->dead = r.retry_in_s == announce::never_retry;
    return failed(now, ticket, chance);
  }
  const bool told_partial = t->awaited->event == announce::event::paused;
  t->completed_sent = t->completed_sent || t->awaited->event == announce::event::completed;
  t->knows_us = true;
  t->awaited.reset();
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
  } else if (told_partial != partial_seed_) {
    due_ = std::min(due_, earliest_);  // and this changed meanwhile
  }
  promote(*t);
  begin_round();  // the next announce begins with the most preferred again
  return true;
}

bool announce_lane::failed(instant now, std::uint32_t ticket, rng& chance) {
  tracker* const t = find(ticket);
  if (t == nullptr) {
    return false;
  }
  t->awaited.reset();
  if (whose_turn() == nullptr) {
    end_round(now, chance);
  } else if (ticket == newest_ticket_) {
    due_ = now;
  }
  return true;
}

void announce_lane::stop(std::uint32_t& ticket, std::vector<announce_order>& out) {
  running_ = false;
  for_each([&](const tracker& t) {
    if (t.knows_us) {
      out.push_back({++ticket, t.url, announce::event::stopped, t.id});
    }
  });
}

}  // namespace shoal::swarm
