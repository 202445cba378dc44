#include <algorithm>
#include <functional>
#include <utility>

#include <shoal/peer/peer_book.hpp>

namespace shoal::peer {

std::vector<peer_book::entry>::iterator peer_book::lower_bound(const endpoint& who) {
  return std::ranges::lower_bound(entries_, who, {}, &entry::who);
}

peer_book::entry* peer_book::find(const endpoint& who) {
  const auto at = lower_bound(who);
  return at != entries_.end() && at->who == who ? &*at : nullptr;
}

const peer_book::entry* peer_book::find(const endpoint& who) const {
  const auto at = std::ranges::lower_bound(entries_, who, {}, &entry::who);
  return at != entries_.end() && at->who == who ? &*at : nullptr;
}

bool peer_book::counts(const place<instant>& p) const {
  const entry* const e = find(p.who);
  return e != nullptr && e->now == standing::waiting && e->due == p.key;
}

bool peer_book::counts(const place<std::uint64_t>& p) const {
  const entry* const e = find(p.who);
  return e != nullptr && e->now == standing::ready && e->ticket == p.key;
}

/// Places that count no more stay until they come first, or are as many as those that count.
template <class Key>
void peer_book::push(heap<Key>& into, Key key, const endpoint& who) {
  if (into.size() > 2 * entries_.size() + 16) {
    std::erase_if(into, [&](const auto& p) { return !counts(p); });
    std::ranges::make_heap(into, std::greater{});
  }
  into.push_back({key, who});
  std::ranges::push_heap(into, std::greater{});
}

template <class Key>
void peer_book::tidy(heap<Key>& h) {
  while (!h.empty() && !counts(h.front())) {
    std::ranges::pop_heap(h, std::greater{});
    h.pop_back();
  }
}

bool peer_book::add(instant now, const endpoint& who, rng& chance) {
  if (who.port == 0 || who.address.is_unspecified() || who.address.is_multicast() || banned(who.address) ||
      find(who) != nullptr || !make_room()) {
    return false;
  }
  const auto at =
      entries_.insert(lower_bound(who), entry{.who = who, .ticket = ticket_for(who, chance.next())});
  schedule(*at, now);
  return true;
}

bool peer_book::make_room() {
  if (entries_.size() < settings_.entries_max) {
    return true;
  }
  if (failing_ == 0) {
    return false;  // the usual case of a full book, in which neighbours tell of one peer after another
  }
  erase(*std::ranges::max_element(entries_, {}, &entry::failures));
  return true;
}

/// What it is worth comes first, then chance.
std::uint64_t peer_book::ticket_for(const endpoint& who, std::uint64_t random) const {
  const auto known = worth_ ? worth_(who) : std::nullopt;
  return known ? std::uint64_t{~*known} << 32U | (random & 0xffffffffU) : random;
}

void peer_book::reconsider() {
  ready_.clear();
  for (auto& e : entries_) {
    e.ticket = ticket_for(e.who, e.ticket);
    if (e.now == standing::ready) {
      push(ready_, e.ticket, e.who);
    }
  }
}

void peer_book::unschedule(entry& e) {
  if (std::exchange(e.now, standing::busy) != standing::busy) {
    tidy(waiting_);
    tidy(ready_);
  }
}

void peer_book::schedule(entry& e, instant due) {
  unschedule(e);
  e.now = standing::waiting;
  e.due = due;
  push(waiting_, due, e.who);
}

std::optional<endpoint> peer_book::next(instant now) {
  while (!waiting_.empty() && waiting_.front().key <= now) {
    entry& e = *find(waiting_.front().who);
    e.now = standing::ready;
    tidy(waiting_);
    push(ready_, e.ticket, e.who);
  }
  if (ready_.empty()) {
    return std::nullopt;
  }
  const endpoint who = ready_.front().who;
  busy(who);
  return who;
}

bool peer_book::take(const endpoint& who) {
  const entry* const e = find(who);
  const bool idle = e != nullptr && e->now != standing::busy;
  busy(who);
  return idle;
}

std::optional<instant> peer_book::due() const {
  if (!ready_.empty()) {
    return find(ready_.front().who)->due;
  }
  return waiting_.empty() ? std::nullopt : std::optional(waiting_.front().key);
}

void peer_book::busy(const endpoint& who) {
  if (entry* const e = find(who)) {
    unschedule(*e);
  }
}

std::vector<endpoint> peer_book::idle() const {
  std::vector<endpoint> out;
  for (const auto& e : entries_) {
    if (e.now != standing::busy) {
      out.push_back(e.who);
    }
  }
  return out;
}

void peer_book::failed(instant now, const endpoint& who) {
  entry* const e = find(who);
  if (e == nullptr) {
    return;
  }
  failing_ += e->failures == 0 ? 1 : 0;
  if (++e->failures >= settings_.failures_max) {
    erase(*e);
    return;
  }
  const auto wait = settings_.retry_first * (std::int64_t{1} << std::min(e->failures - 1, 16));
  schedule(*e, now + std::min<duration>(wait, settings_.retry_max));
}

void peer_book::ended(instant now, const endpoint& who) {
  if (entry* const e = find(who)) {
    failing_ -= e->failures > 0 ? 1 : 0;
    e->failures = 0;
    schedule(*e, now + settings_.retry_first);
  }
}

void peer_book::forget(const endpoint& who) {
  if (entry* const e = find(who)) {
    erase(*e);
  }
}

void peer_book::erase(entry& e) {
  const bool queued = e.now != standing::busy;
  failing_ -= e.failures > 0 ? 1 : 0;
  entries_.erase(entries_.begin() + (&e - entries_.data()));
  if (queued) {
    tidy(waiting_);
    tidy(ready_);
  }
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
  for (auto at = lower_bound({who, 0}); at != entries_.end() && at->who.address == who;
       at = lower_bound({who, 0})) {
    erase(*at);
  }
}

}  // namespace shoal::peer
