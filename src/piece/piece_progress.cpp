#include <algorithm>
#include <cassert>
#include <utility>

#include <shoal/piece/piece_progress.hpp>

namespace shoal::piece {

void piece_progress::reset(piece_index p, std::uint32_t blocks) {
  piece_ = p;
  missing_ = blocks;
  received_ = 0;
  first_missing_ = 0;
  blocks_.assign(blocks, block_state{});
  further_.clear();
}

bool piece_progress::asked(std::uint32_t n, peer_key who) const {
  const block_state& b = blocks_[n];
  if (b.askers == 0 || b.asker == who) {
    return b.askers != 0;
  }
  return b.askers > 1 && std::any_of(further_.begin(), further_.end(),
                                     [&](const further_asker& f) { return f.block == n && f.who == who; });
}

void piece_progress::askers(std::uint32_t n, std::vector<peer_key>& out) const {
  const block_state& b = blocks_[n];
  if (b.askers > 0) {
    out.push_back(b.asker);
  }
  if (b.askers > 1) {
    for (const auto& f : further_) {
      if (f.block == n) {
        out.push_back(f.who);
      }
    }
  }
}

std::uint32_t piece_progress::next_missing() {
  assert(missing_ > 0);
  while (!missing(first_missing_)) {
    ++first_missing_;
  }
  return first_missing_;
}

void piece_progress::ask(std::uint32_t n, peer_key who) {
  block_state& b = blocks_[n];
  assert(!b.received && !asked(n, who));
  if (b.askers == 0) {
    b.asker = who;
    --missing_;
  } else {
    further_.push_back({n, who});
  }
  ++b.askers;
}

bool piece_progress::forget(std::uint32_t n, peer_key who) {
  block_state& b = blocks_[n];
  if (b.askers == 0) {
    return false;
  }
  if (b.askers > 1) {
    // The first asker's place goes to any other, and that one's entry goes away.
    const bool first = b.asker == who;
    const auto f = std::find_if(further_.begin(), further_.end(), [&](const further_asker& other) {
      return other.block == n && (first || other.who == who);
    });
    if (f == further_.end()) {
      return false;
    }
    if (first) {
      b.asker = f->who;
    }
    *f = further_.back();
    further_.pop_back();
    --b.askers;
    return true;
  }
  if (b.asker != who) {
    return false;
  }
  b.askers = 0;
  if (!b.received) {
    ++missing_;
    first_missing_ = std::min(first_missing_, n);
  }
  return true;
}

void piece_progress::receive(std::uint32_t n, peer_key who) {
  block_state& b = blocks_[n];
  assert(!b.received);
  if (b.askers == 0) {
    --missing_;
  }
  b.received = 1;
  b.sender = who;
  ++received_;
  forget(n, who);
}

void piece_progress::check() const {
  std::uint32_t missing_blocks = 0;
  std::uint32_t received_blocks = 0;
  std::size_t further = 0;
  for (std::uint32_t n = 0; n < block_count(); ++n) {
    missing_blocks += missing(n) ? 1 : 0;
    received_blocks += received(n) ? 1 : 0;
    further += std::max<std::size_t>(asker_count(n), 1) - 1;
    assert(!missing(n) || n >= first_missing_);
    std::vector<peer_key> who;
    askers(n, who);
    assert(who.size() == asker_count(n));
    std::sort(who.begin(), who.end());
    assert(std::adjacent_find(who.begin(), who.end()) == who.end());
  }
  assert(missing_blocks == missing_ && received_blocks == received_ && further == further_.size());
  assert(block_count() > 0 && !untouched());
}

piece_progress& progress_table::begin(piece_index p, std::uint32_t blocks) {
  assert(!contains(p));
  if (live_ == entries_.size()) {
    entries_.emplace_back();
  }
  entry_of_[p.index()] = static_cast<std::uint32_t>(live_);
  piece_progress& entry = entries_[live_++];
  entry.reset(p, blocks);
  return entry;
}

void progress_table::end(piece_index p) {
  set_open(p, false);
  swap_entries(entry_of_[p.index()], live_ - 1);
  entry_of_[p.index()] = none;
  --live_;
  // A burst of begun pieces does not hold its memory for ever.
  constexpr std::size_t spare_max = 64;
  if (entries_.size() > 2 * live_ + spare_max) {
    entries_.resize(live_ + spare_max / 2);
  }
}

void progress_table::set_open(piece_index p, bool open) {
  const std::uint32_t at = entry_of_[p.index()];
  assert(at != none);
  if (open && at >= open_) {
    swap_entries(at, open_++);
  } else if (!open && at < open_) {
    swap_entries(at, --open_);
  }
}

void progress_table::swap_entries(std::size_t a, std::size_t b) {
  if (a != b) {
    std::swap(entries_[a], entries_[b]);
    std::swap(entry_of_[entries_[a].piece().index()], entry_of_[entries_[b].piece().index()]);
  }
}

void progress_table::check() const {
  assert(open_ <= live_ && live_ <= entries_.size());
  for (std::size_t i = 0; i < live_; ++i) {
    assert(entry_of_[entries_[i].piece().index()] == i);
    entries_[i].check();
  }
  const auto begun = std::count_if(entry_of_.begin(), entry_of_.end(), [](auto e) { return e != none; });
  assert(static_cast<std::size_t>(begun) == live_);
}

}  // namespace shoal::piece
