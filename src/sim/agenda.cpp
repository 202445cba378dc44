#include "sim/agenda.hpp"

namespace shoal::sim {

/// By what happened in the last busy grains. To be called when `when` is next.
void agenda::choose_grain(instant when) {
  const auto now_in = when.time_since_epoch() / busy_grain_;
  if (now_in != counting_in_) {
    usual_ = now_in == counting_in_ + 1 ? (usual_ + count_) / 2 : 0;
    grain_ = usual_ > much ? busy_grain_ : quiet_grain_;
    counting_in_ = now_in;
    count_ = 0;
  }
}

std::span<const happening> agenda::next(instant end, instant& when) {
  if (coarse()) {
    if (ticks_.empty() || instant(ticks_.next_tick() * quiet_grain_) > end) {
      return {};
    }
    when = instant(ticks_.next_tick() * quiet_grain_);
    choose_grain(when);
    const auto out = ticks_.pop();
    count_ += out.size();
    return out;
  }
  if (exact_.empty() || exact_.next_time() > end) {
    return {};
  }
  visit_.clear();
  when = exact_.next_time();
  do {
    visit_.push_back(exact_.pop().second);
  } while (!exact_.empty() && exact_.next_time() == when && exact_.next().who == visit_.front().who);
  return visit_;
}

}  // namespace shoal::sim
