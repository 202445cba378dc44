#include <algorithm>

#include <shoal/peer/peer_book.hpp>

namespace shoal::peer {

bool peer_book::add(instant now, const endpoint& who, rng& chance) {
  if (who.port == 0 || who.address.is_unspecified() || who.address.is_multicast() || banned(who.address) ||
      entries_.contains(who) || !make_room()) {
    return false;
  }
  auto& e = entries_[who];
  e.ticket = ticket_for(who, chance.next());
  schedule(who, e, now);
  return true;
}

bool peer_book::make_room() {
  if (entries_.size() < settings_.entries_max) {
    return true;
  }
  if (failing_ == 0) {
    return false;  // the usual case of a full book, in which neighbours tell of one peer after another
  }
  const auto worst = std::max_element(entries_.begin(), entries_.end(), [](const auto& a, const auto& b) {
    return a.second.failures < b.second.failures;
  });
  forget(endpoint(worst->first));
  return true;
}

/// What it is worth comes first, then chance.
std::uint64_t peer_book::ticket_for(const endpoint& who, std::uint64_t random) const {
  const auto known = worth_ ? worth_(who) : std::nullopt;
  return known ? std::uint64_t{~*known} << 32U | (random & 0xffffffffU) : random;
}

void peer_book::reconsider() {
  for (auto& [who, e] : entries_) {
    const auto ticket = ticket_for(who, e.ticket);
    if (e.ready) {
      ready_.erase({e.ticket, who});
      ready_.emplace(ticket, who);
    }
    e.ticket = ticket;
  }
}

void peer_book::unschedule(const endpoint& who, entry& e) {
  if (e.due && e.ready) {
    ready_.erase({e.ticket, who});
  } else if (e.due) {
    waiting_.erase({*e.due, who});
  }
  e.due.reset();
  e.ready = false;
}

void peer_book::schedule(const endpoint& who, entry& e, instant due) {
  unschedule(who, e);
  e.due = due;
  waiting_.emplace(due, who);
}

std::optional<endpoint> peer_book::next(instant now) {
  while (!waiting_.empty() && waiting_.begin()->first <= now) {
    const endpoint who = waiting_.begin()->second;
    waiting_.erase(waiting_.begin());
    auto& e = entries_.at(who);
    e.ready = true;
    ready_.emplace(e.ticket, who);
  }
  if (ready_.empty()) {
    return std::nullopt;
  }
  const endpoint who = ready_.begin()->second;
  busy(who);
  return who;
}

bool peer_book::take(const endpoint& who) {
  const auto found = entries_.find(who);
  const bool idle = found != entries_.end() && found->second.due.has_value();
  busy(who);
  return idle;
}

std::optional<instant> peer_book::due() const {
  if (!ready_.empty()) {
    return entries_.at(ready_.begin()->second).due;
  }
  return waiting_.empty() ? std::nullopt : std::optional(waiting_.begin()->first);
}

void peer_book::busy(const endpoint& who) {
  const auto found = entries_.find(who);
  if (found != entries_.end()) {
    unschedule(who, found->second);
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
  failing_ += e.failures == 0 ? 1 : 0;
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
    failing_ -= found->second.failures > 0 ? 1 : 0;
    found->second.failures = 0;
    schedule(who, found->second, now + settings_.retry_first);
  }
}

void peer_book::forget(const endpoint& who) {
  const auto found = entries_.find(who);
  if (found == entries_.end()) {
    return;
  }
  unschedule(who, found->second);
  failing_ -= found->second.failures > 0 ? 1 : 0;
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
