#include <algorithm>

#include <shoal/hash/sha1.hpp>
#include <shoal/swarm/metadata_fetch.hpp>
#include <shoal/wire/metadata_message.hpp>

namespace shoal::swarm {

namespace {

constexpr std::uint64_t part_bytes = wire::metadata_part_bytes;

/// Failed copies whose digests are kept, of one length.
constexpr std::size_t failed_max = 8;

std::size_t part_count(std::uint64_t bytes) {
  return static_cast<std::size_t>((bytes + part_bytes - 1) / part_bytes);
}

std::uint64_t length_of(std::uint32_t part, std::uint64_t bytes) {
  return std::min(part_bytes, bytes - part * part_bytes);
}

}  // namespace

metadata_fetch::metadata_fetch(const sha1_digest& info_hash, const metadata_settings& s)
    : info_hash_(info_hash), settings_(s) {}

bool metadata_fetch::offered(peer_key who, const ip_address& address, std::uint64_t bytes) {
  const auto known = suppliers_.find(who);
  if (known != suppliers_.end() && known->second.bytes == bytes) {
    return true;
  }
  left(who);
  if (bytes == 0 || bytes > settings_.bytes_max || complete()) {
    return bytes != 0 && bytes <= settings_.bytes_max;
  }
  auto& s = suppliers_[who];
  s.address = address;
  s.bytes = bytes;
  return true;
}

void metadata_fetch::left(peer_key who) {
  const auto found = suppliers_.find(who);
  if (found == suppliers_.end()) {
    return;
  }
  auto& s = found->second;
  while (!s.asked.empty()) {
    release(s, s.asked.back().part);
  }
  if (const auto c = copies_.find(s.bytes); c != copies_.end()) {
    pass_turn(c->second, who);
  }
  suppliers_.erase(found);
  forget_idle_copies();
}

/// A copy that nobody can add to is kept only for what it knows of liars.
void metadata_fetch::forget_idle_copies() {
  std::erase_if(copies_, [&](auto& entry) {
    const bool wanted = std::any_of(suppliers_.begin(), suppliers_.end(),
                                    [&](const auto& s) { return s.second.bytes == entry.first; });
    return !wanted && entry.second.failed.empty();
  });
}

metadata_fetch::copy* metadata_fetch::copy_for(std::uint64_t bytes) {
  if (const auto found = copies_.find(bytes); found != copies_.end()) {
    return &found->second;
  }
  if (copies_.size() >= settings_.copies_max) {
    const auto spent = std::find_if(copies_.begin(), copies_.end(), [&](const auto& entry) {
      return std::none_of(suppliers_.begin(), suppliers_.end(),
                          [&](const auto& s) { return s.second.bytes == entry.first; });
    });
    if (spent == copies_.end()) {
      return nullptr;
    }
    copies_.erase(spent);
  }
  auto& fresh = copies_[bytes];
  fresh.parts.resize(part_count(bytes));
  start_over(fresh);
  return &fresh;
}

void metadata_fetch::start_over(copy& c) const {
  c.here = 0;
  for (std::uint32_t n = 0; n < c.parts.size(); ++n) {
    c.parts[n] = {};
    c.unasked.insert(c.unasked.end(), n);
  }
}

void metadata_fetch::release(supplier& s, std::uint32_t part) {
  const auto gone = std::erase_if(s.asked, [&](const pending& p) { return p.part == part; });
  const auto c = copies_.find(s.bytes);
  if (gone == 0 || c == copies_.end() || !c->second.parts[part].data.empty()) {
    return;
  }
  const bool elsewhere = std::any_of(suppliers_.begin(), suppliers_.end(), [&](const auto& other) {
    return other.second.bytes == s.bytes && std::any_of(other.second.asked.begin(), other.second.asked.end(),
                                                        [&](const pending& p) { return p.part == part; });
  });
  if (!elsewhere) {
    c->second.unasked.insert(part);
  }
}

/// In a copy that is fetched from one peer at a time, the turn goes on when its holder leaves or fails; what
/// it sent goes with it, since a mixed copy convicts nobody.
void metadata_fetch::pass_turn(copy& c, peer_key who) {
  if (c.one_at_a_time && c.alone == who) {
    c.alone.reset();
    start_over(c);
  }
}

bool metadata_fetch::has_turn(instant now, peer_key who, const supplier& s, copy& c) {
  if (now < s.ask_again_at) {
    return false;
  }
  if (c.one_at_a_time && !c.alone) {
    c.alone = who;
  }
  return !c.one_at_a_time || c.alone == who;
}

void metadata_fetch::give_up(instant now, peer_key who, supplier& s) {
  while (!s.asked.empty()) {
    ++s.late;
    release(s, s.asked.back().part);
  }
  s.ask_again_at = now + settings_.rest;
  if (const auto c = copies_.find(s.bytes); c != copies_.end()) {
    pass_turn(c->second, who);
  }
}

void metadata_fetch::ask(instant now, std::vector<request>& out) {
  if (complete()) {
    return;
  }
  for (auto& [who, s] : suppliers_) {
    if (!s.asked.empty() && now - s.asked.front().asked_at >= settings_.patience) {
      give_up(now, who, s);
    }
  }
  for (auto& [who, s] : suppliers_) {
    ask_one(now, who, s, out);
  }
}

void metadata_fetch::ask_one(instant now, peer_key who, supplier& s, std::vector<request>& out) {
  copy* const c = copy_for(s.bytes);
  if (c == nullptr || !has_turn(now, who, s, *c)) {
    return;
  }
  while (s.asked.size() < settings_.requests_max) {
    auto part = c->unasked.empty() ? std::nullopt : std::optional(*c->unasked.begin());
    if (!part && s.asked.empty()) {
      part = late_part(now, s, *c);
    }
    if (!part) {
      return;
    }
    c->unasked.erase(*part);
    s.asked.push_back({*part, now});
    out.push_back({who, *part});
  }
}

/// The part that another peer has owed us longest, when that is too long and no third one was asked.
std::optional<std::uint32_t> metadata_fetch::late_part(instant now, const supplier& s, const copy& c) const {
  std::map<std::uint32_t, std::pair<std::size_t, instant>> owed;  // askers, the first asking
  for (const auto& [who, other] : suppliers_) {
    for (const auto& p : other.bytes == s.bytes ? other.asked : std::vector<pending>()) {
      auto& [askers, since] = owed.try_emplace(p.part, 0, p.asked_at).first->second;
      ++askers;
      since = std::min(since, p.asked_at);
    }
  }
  std::optional<std::uint32_t> out;
  for (const auto& [part, entry] : owed) {
    const auto& [askers, since] = entry;
    if (askers == 1 && now - since >= settings_.second_after && c.parts[part].data.empty() &&
        (!out || since < owed[*out].second)) {
      out = part;
    }
  }
  return out;
}

metadata_fetch::verdict metadata_fetch::received(peer_key who, std::uint32_t part, std::uint64_t total_size,
                                                 byte_view data) {
  const auto found = suppliers_.find(who);
  if (found == suppliers_.end()) {
    return verdict::unwanted;
  }
  auto& s = found->second;
  if (part >= part_count(s.bytes) || data.size() != length_of(part, s.bytes) ||
      (total_size != 0 && total_size != s.bytes)) {
    return verdict::breach;
  }
  const auto c = copies_.find(s.bytes);
  if (std::erase_if(s.asked, [&](const pending& p) { return p.part == part; }) == 0) {
    if (s.late == 0) {
      return verdict::unwanted;
    }
    --s.late;
  }
  if (c == copies_.end() || (c->second.one_at_a_time && c->second.alone != who) ||
      !c->second.parts[part].data.empty()) {
    return verdict::unwanted;
  }
  auto& kept = c->second.parts[part];
  kept.data.assign(data.begin(), data.end());
  kept.from = s.address;
  c->second.unasked.erase(part);
  ++c->second.here;
  return c->second.here < c->second.parts.size() ? verdict::kept : judge(s.bytes, c->second);
}

metadata_fetch::verdict metadata_fetch::judge(std::uint64_t bytes, copy& c) {
  sha1_hasher hasher;
  for (const auto& p : c.parts) {
    hasher.update(p.data);
  }
  if (hasher.finish() == info_hash_) {
    metadata_.reserve(static_cast<std::size_t>(bytes));
    for (const auto& p : c.parts) {
      metadata_.insert(metadata_.end(), p.data.begin(), p.data.end());
    }
    accuse(bytes, c);
    suppliers_.clear();
    copies_.clear();
    return verdict::complete;
  }
  failed_copy failed;
  for (const auto& p : c.parts) {
    failed.digests.push_back(sha1(p.data));
    failed.from.push_back(p.from);
  }
  c.alone.reset();
  start_over(c);
  const auto& first = failed.from.front();
  if (std::all_of(failed.from.begin(), failed.from.end(), [&](const auto& a) { return a == first; })) {
    convict(ip_address(first));
    return verdict::failed;
  }
  c.one_at_a_time = true;
  if (c.failed.size() < failed_max) {
    c.failed.push_back(std::move(failed));
  }
  for (auto& [who, s] : suppliers_) {  // what is under way belongs to the copy that is gone
    if (s.bytes == bytes) {
      s.late += static_cast<std::uint32_t>(s.asked.size());
      s.asked.clear();
    }
  }
  return verdict::failed;
}

void metadata_fetch::accuse(std::uint64_t bytes, const copy& good) {
  for (const auto& [length, c] : copies_) {
    for (const auto& failed : c.failed) {
      for (std::size_t n = 0; n < failed.from.size(); ++n) {
        if (length != bytes || failed.digests[n] != sha1(good.parts[n].data)) {
          convict(ip_address(failed.from[n]));
        }
      }
    }
  }
}

void metadata_fetch::convict(const ip_address& who) {
  if (std::find(liars_.begin(), liars_.end(), who) == liars_.end()) {
    liars_.push_back(who);
  }
  if (complete()) {
    return;
  }
  std::vector<peer_key> gone;
  for (const auto& [key, s] : suppliers_) {
    if (s.address == who) {
      gone.push_back(key);
    }
  }
  for (const auto key : gone) {
    left(key);
  }
}

void metadata_fetch::rejected(instant now, peer_key who, std::uint32_t part) {
  const auto found = suppliers_.find(who);
  if (found == suppliers_.end()) {
    return;
  }
  auto& asked = found->second.asked;
  if (std::any_of(asked.begin(), asked.end(), [&](const pending& p) { return p.part == part; })) {
    release(found->second, part);
    give_up(now, who, found->second);
  }
}

std::pair<std::uint64_t, std::uint64_t> metadata_fetch::progress() const {
  if (complete()) {
    return {metadata_.size(), metadata_.size()};
  }
  std::pair<std::uint64_t, std::uint64_t> best{0, 0};
  for (const auto& [bytes, c] : copies_) {
    const auto here = std::min<std::uint64_t>(bytes, c.here * part_bytes);
    if (best.second == 0 || here > best.first) {
      best = {here, bytes};
    }
  }
  return best;
}

}  // namespace shoal::swarm
