#include <algorithm>

#include <shoal/lab/recorder.hpp>

namespace shoal::lab {

namespace {

/// Keeps the elements at odd places (the last of each pair), in runs of `width`.
template <class T>
void keep_every_other(std::vector<T>& v, std::size_t width = 1) {
  std::size_t to = 0;
  for (std::size_t from = width; from + width <= v.size(); from += 2 * width) {
    std::move(v.begin() + static_cast<std::ptrdiff_t>(from),
              v.begin() + static_cast<std::ptrdiff_t>(from + width),
              v.begin() + static_cast<std::ptrdiff_t>(to));
    to += width;
  }
  v.resize(to);
}

/// Differences of sums over differences of time, from zero on.
template <class T>
std::vector<double> rates(const std::vector<T>& sums, const std::vector<double>& t_s) {
  std::vector<double> out(sums.size());
  double last_sum = 0;
  double last_t = 0;
  for (std::size_t i = 0; i < sums.size(); ++i) {
    const auto sum = static_cast<double>(sums[i]);
    out[i] = t_s[i] > last_t ? (sum - last_sum) / (t_s[i] - last_t) : 0;
    last_sum = sum;
    last_t = t_s[i];
  }
  return out;
}

}  // namespace

series_recorder::series_recorder(const scenario& s, std::size_t samples_max)
    : samples_max_(samples_max),
      rows_(std::min(s.piece_count(), availability_map::rows_max)),
      every_s_(to_seconds(s.sample_every)),
      groups_(s.groups.size()) {}

void series_recorder::take(const swarm_snapshot& now) {
  if (t_s_.size() >= samples_max_) thin_out();
  t_s_.push_back(now.t_s);
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    groups_[g].given.push_back(now.groups[g].given);
    groups_[g].taken.push_back(now.groups[g].taken);
    groups_[g].leeching.push_back(now.groups[g].leeching);
    groups_[g].seeding.push_back(now.groups[g].seeding);
  }
  could_give_.push_back(now.could_give);
  gave_.push_back(now.gave);
  take_copies(now.copies);
  while (next_s_ <= now.t_s) {
    next_s_ += every_s_;
  }
}

void series_recorder::take_copies(std::span<const std::uint32_t> copies) {
  if (copies.empty()) {
    rows_ = 0;
    return;
  }
  std::uint32_t least = copies.front();
  std::uint32_t pieces = 0;
  for (const auto n : copies) {
    pieces = n < least ? 1 : pieces + (n == least ? 1 : 0);
    least = std::min(least, n);
  }
  rarest_copies_.push_back(least);
  rarest_pieces_.push_back(pieces);
  for (std::size_t row = 0; row < rows_; ++row) {
    const auto from = row * copies.size() / rows_;
    const auto to = (row + 1) * copies.size() / rows_;
    double sum = 0;
    for (auto i = from; i < to; ++i) {
      sum += copies[i];
    }
    rows_of_copies_.push_back(static_cast<float>(sum / static_cast<double>(to - from)));
  }
}

void series_recorder::thin_out() {
  every_s_ *= 2;
  keep_every_other(t_s_);
  for (auto& g : groups_) {
    keep_every_other(g.given);
    keep_every_other(g.taken);
    keep_every_other(g.leeching);
    keep_every_other(g.seeding);
  }
  keep_every_other(could_give_);
  keep_every_other(gave_);
  keep_every_other(rarest_copies_);
  keep_every_other(rarest_pieces_);
  if (rows_ > 0) keep_every_other(rows_of_copies_, rows_);
}

time_series series_recorder::finish() const {
  time_series out;
  out.t_s = t_s_;
  for (const auto& g : groups_) {
    out.groups.push_back({rates(g.given, t_s_), rates(g.taken, t_s_), g.leeching, g.seeding});
  }
  const auto could = rates(could_give_, t_s_);
  const auto gave = rates(gave_, t_s_);
  for (std::size_t i = 0; i < could.size(); ++i) {
    out.uplink_use.push_back(could[i] > 0 ? std::min(1.0, gave[i] / could[i]) : 0);
  }
  if (rows_ > 0) {
    out.rarest_copies = rarest_copies_;
    out.rarest_pieces = rarest_pieces_;
    out.availability = {rows_, rows_of_copies_};
  }
  return out;
}

}  // namespace shoal::lab
