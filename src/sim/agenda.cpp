#include "sim/agenda.hpp"

namespace shoal::sim {

std::span<const happening> agenda::next(instant end, instant& when) {
  if (coarse()) {
    if (ticks_.empty() || instant(ticks_.next_tick() * grain_) > end) {
      return {};
    }
    when = instant(ticks_.next_tick() * grain_);
    return ticks_.pop();
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
