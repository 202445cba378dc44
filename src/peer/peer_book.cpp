#include <algorithm>

#include <shoal/peer/peer_book.hpp>

namespace shoal::peer {

bool peer_book::add(instant now, const endpoint& who, rng& chance) {
  if (who.port == 0 || who.address.is_unspecified() || who.address.is_multicast() || banned(who.address) ||
      entries_.contains(who) || !make_room()) {
    return false;
  }
  auto& e = entries_[who];
  e.ticket = chance.next();
  schedule(who, e, now);
  return true;
}

bool peer_book::make_room() {
  if (entries_.size() < settings_.entries_max) {
    return true;
  }
  const auto worst = std::max_element(entries_.begin(), entries_.end(), [](const auto& a, const auto& b) {
    return a.second.failures < b.second.failures;
  });
  if (worst->second.failures == 0) {
    return false;
  }
  forget(endpoint(worst->first));
  return true;
}

void peer_book::schedule(const endpoint& who, entry& e, instant due) {
  if (e.due) {
    turns_.erase(turn_of(who, e));
  }
  e.due = due;
  turns_.insert(turn_of(who, e));
}

std::optional<endpoint> peer_book::next(instant now) {
  if (turns_.empty() || turns_.begin()->first.first > now) {
    return std::nullopt;
  }
  const endpoint who = turns_.begin()->second;
  busy(who);
  return who;
}

std::optional<instant> peer_book::due() const {
  return turns_.empty() ? std::nullopt : std::optional(turns_.begin()->first.first);
}

void peer_book::busy(const endpoint& who) {
  const auto found = entries_.find(who);
  if (found != entries_.end() && found->second.due) {
    turns_.erase(turn_of(who, found->second));
    found->second.due.reset();
  }
}

std::vector<endpoint> peer_book::idle() const {
  std::vector<endpoint> out;
  for (const auto& [who, known] : entries_) {
    if (known.due) {
      out.push_back(who);
    }
  }
  return out;
}

void peer_book::failed(instant now, const endpoint& who) {
  const auto found = entries_.find(who);
  if (found == entries_.end()) {
    return;
  }
  auto& e = found->second;
  if (++e.failures >= settings_.failures_max) {
    forget(endpoint(who));
    return;
  }
  const auto wait = settings_.retry_first * (std::int64_t{1} << std::min(e.failures - 1, 16U));
  schedule(who, e, now + std::min<duration>(wait, settings_.retry_max));
}

void peer_book::ended(instant now, const endpoint& who) {
  const auto found = entries_.find(who);
  if (found != entries_.end()) {
    found->second.failures = 0;
    schedule(who, found->second, now + settings_.retry_first);
  }
}

void peer_book::forget(const endpoint& who) {
  const auto found = entries_.find(who);
  if (found == entries_.end()) {
    return;
  }
  if (found->second.due) {
    turns_.erase(turn_of(who, found->second));
  }
  entries_.erase(found);
}

void peer_book::ban(const ip_address& who) {
  if (!banned_.insert(who).second) {
    return;
  }
  banned_order_.push_back(who);
  if (banned_order_.size() > settings_.banned_max) {
    banned_.erase(banned_order_.front());
    banned_order_.pop_front();
  }
  auto it = entries_.lower_bound(endpoint{who, 0});
  while (it != entries_.end() && it->first.address == who) {
    const endpoint gone = (it++)->first;
    forget(gone);
  }
}

}  // namespace shoal::peer
