#include <algorithm>

#include <shoal/peer/request_window.hpp>

namespace shoal::peer {

namespace {

/// A rate is measured over at least this long, or over one round trip when that is longer.
constexpr duration interval_min = std::chrono::milliseconds(100);

/// Spent entries are cleared away when they are so many and more than the rest: O(1) amortised, and small
/// where many peers are connected.
constexpr std::size_t spent_max = 32;

}  // namespace

request_window::request_window(const window_settings& s)
    : settings_(s), limit_(std::min(s.untold_max, s.requests_max)), target_(s.initial) {}

void request_window::limit_to(std::uint32_t requests_max) {
  limit_ = std::clamp(requests_max, std::uint32_t{1}, settings_.requests_max);
}

void request_window::asked(instant now, const block_ref& b) {
  if (size() == 0) {
    if (now - last_answer_ >= interval_min) {  // we had nothing to ask: that says nothing about the peer
      interval_start_ = now;
      interval_bytes_ = 0;
      ran_dry_ = false;
    }
    last_answer_ = now;  // the clock of snubbing starts with the first request
  }
  queue_.push_back({b, now});
}

std::optional<instant> request_window::answered(instant now, const block_ref& b) {
  const auto from = queue_.begin() + static_cast<std::ptrdiff_t>(head_);
  const auto found = std::find_if(from, queue_.end(), [&](const pending& p) { return p.block == b; });
  if (found == queue_.end()) {
    return std::nullopt;
  }
  const instant asked_at = found->asked_at;
  if (found == from) {
    ++head_;
    drop_spent();
  } else {
    queue_.erase(found);
  }
  last_answer_ = now;
  ran_dry_ = ran_dry_ || size() == 0;
  if (snubbed_) {
    snubbed_ = false;
    target_ = settings_.least;
    slow_start_ = true;
  }
  measure(now, b.length, now - asked_at);
  return asked_at;
}

void request_window::measure(instant now, std::uint32_t bytes, duration round_trip) {
  round_trip_min_ = std::min(round_trip_min_, round_trip);
  interval_bytes_ += bytes;
  if (slow_start_) {
    target_ = std::min<double>(target_ + 1, limit_);
  }
  const duration elapsed = now - interval_start_;
  if (elapsed < std::max(interval_min, round_trip_min_)) {
    return;
  }
  const double rate = static_cast<double>(interval_bytes_) / to_seconds(elapsed);
  const double covered = rate * to_seconds(round_trip_min_ + settings_.horizon) / settings_.request_bytes;
  if (ran_dry_) {
    slow_start_ = true;
  } else if (!slow_start_) {
    target_ += (covered - target_) / 2;  // smooth, so that one pause of the sender does not collapse it
  } else if (covered < target_) {
    slow_start_ = false;
    target_ = covered;
  }
  interval_start_ = now;
  interval_bytes_ = 0;
  ran_dry_ = false;
}

void request_window::drop_spent() {
  if (head_ == queue_.size()) {
    queue_.clear();
    head_ = 0;
  } else if (head_ >= spent_max && head_ * 2 > queue_.size()) {
    queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
  }
}

bool request_window::withdrawn(const block_ref& b) {
  const auto from = queue_.begin() + static_cast<std::ptrdiff_t>(head_);
  const auto found = std::find_if(from, queue_.end(), [&](const pending& p) { return p.block == b; });
  if (found == queue_.end()) {
    return false;
  }
  queue_.erase(found);
  drop_spent();
  return true;
}

std::vector<request_window::pending> request_window::take_all() {
  std::vector<pending> out(queue_.begin() + static_cast<std::ptrdiff_t>(head_), queue_.end());
  queue_.clear();
  head_ = 0;
  return out;
}

std::size_t request_window::target() const {
  if (snubbed_) {
    return 1;
  }
  const auto wanted = static_cast<std::size_t>(target_ + 0.5);
  return std::min<std::size_t>(std::max<std::size_t>(wanted, settings_.least), limit_);
}

std::size_t request_window::room(std::size_t at_least) const {
  const std::size_t least = snubbed_ ? 0 : std::min<std::size_t>(at_least, limit_);
  const std::size_t t = std::max(target(), least);
  return size() * 4 > t * 3 ? 0 : t - size();
}

std::size_t request_window::room_beyond(std::size_t more) const {
  const std::size_t most = snubbed_ ? 0 : std::min<std::size_t>(target() + more, limit_);
  return most > size() ? most - size() : 0;
}

bool request_window::check_snub(instant now) {
  if (snubbed_ || size() == 0 || now - last_answer_ < settings_.snub_after) {
    return false;
  }
  snubbed_ = true;
  return true;
}

}  // namespace shoal::peer
