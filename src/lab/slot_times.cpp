#include "lab/slot_times.hpp"

namespace shoal::lab {

void slot_times::begin(sim::node_index who, std::size_t group, sim::node_index whom, std::size_t of_group,
                       double now_s) {
  if (!watching_) {
    return;
  }
  slots_.try_emplace({who, whom}, slot{now_s, group * groups_ + of_group});
}

void slot_times::end(sim::node_index who, sim::node_index whom, double now_s) {
  const auto at = slots_.find({who, whom});
  if (at != slots_.end()) {
    seconds_[at->second.cell] += now_s - at->second.since_s;
    slots_.erase(at);
  }
}

void slot_times::end_all_of(sim::node_index who, double now_s) {
  std::erase_if(slots_, [&](const auto& s) {
    const bool ends = s.first.first == who || s.first.second == who;
    if (ends) {
      seconds_[s.second.cell] += now_s - s.second.since_s;
    }
    return ends;
  });
}

std::optional<std::vector<std::vector<double>>> slot_times::table(double now_s) const {
  if (!watching_) {
    return std::nullopt;
  }
  auto all = seconds_;
  for (const auto& [pair, s] : slots_) {
    all[s.cell] += now_s - s.since_s;
  }
  std::vector<std::vector<double>> out;
  for (std::size_t g = 0; g < groups_; ++g) {
    const auto row = all.begin() + static_cast<std::ptrdiff_t>(g * groups_);
    out.emplace_back(row, row + static_cast<std::ptrdiff_t>(groups_));
  }
  return out;
}

}  // namespace shoal::lab
