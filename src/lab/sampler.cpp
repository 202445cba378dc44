#include "lab/sampler.hpp"

#include <algorithm>
#include <utility>

namespace shoal::lab {

namespace {

/// Halves a series: what `join` makes of each pair; their number is even.
template <class T, class Join>
void halve(std::vector<T>& series, std::size_t width, Join join) {
  const std::size_t samples = series.size() / width;
  const std::size_t pairs = samples / 2;
  for (std::size_t i = 0; i < pairs; ++i) {
    for (std::size_t j = 0; j < width; ++j) {
      series[i * width + j] = join(series[2 * i * width + j], series[(2 * i + 1) * width + j]);
    }
  }
  series.resize(pairs * width);
}

}  // namespace

sampler::sampler(const scenario& s, time_series& out)
    : out_(out),
      every_s_(to_seconds(s.sample_every)),
      copies_(s.piece_count()),
      up_(s.groups.size()),
      down_(s.groups.size()),
      leeching_(s.groups.size()),
      seeding_(s.groups.size()),
      rows_(std::min(s.piece_count(), availability_map::rows_max)) {
  out_.groups.resize(s.groups.size());
  out_.availability.rows = rows_;
}

void sampler::joined(group_index group, bool complete, double up_bytes_per_s) {
  ++(complete ? seeding_ : leeching_)[group.index()];
  uplinks_ += up_bytes_per_s == unlimited ? 0 : up_bytes_per_s;
}

void sampler::left(group_index group, bool complete, double up_bytes_per_s, const bitfield& had) {
  --(complete ? seeding_ : leeching_)[group.index()];
  uplinks_ -= up_bytes_per_s == unlimited ? 0 : up_bytes_per_s;
  had.for_each([&](piece_index p) { --copies_[p.index()]; });
}

void sampler::completed(group_index group) {
  --leeching_[group.index()];
  ++seeding_[group.index()];
}

void sampler::has(const bitfield& pieces) {
  pieces.for_each([&](piece_index p) { ++copies_[p.index()]; });
}

void sampler::block(group_index from, group_index to, std::uint32_t bytes, bool from_limited_link) {
  up_[from.index()] += bytes;
  down_[to.index()] += bytes;
  limited_up_ += from_limited_link ? bytes : 0;
}

void sampler::take(double t_s) {
  const double span = t_s - last_s_;
  if (span <= 0) {
    return;
  }
  last_s_ = t_s;
  out_.t_s.push_back(t_s);
  for (std::size_t g = 0; g < out_.groups.size(); ++g) {
    auto& series = out_.groups[g];
    series.up_bytes_per_s.push_back(static_cast<double>(std::exchange(up_[g], 0)) / span);
    series.down_bytes_per_s.push_back(static_cast<double>(std::exchange(down_[g], 0)) / span);
    series.leeching.push_back(leeching_[g]);
    series.seeding.push_back(seeding_[g]);
  }
  const auto given = static_cast<double>(std::exchange(limited_up_, 0));
  out_.uplink_use.push_back(uplinks_ > 0 ? std::min(1.0, given / (uplinks_ * span)) : 0);
  const auto rarest = *std::min_element(copies_.begin(), copies_.end());
  out_.rarest_copies.push_back(rarest);
  out_.rarest_pieces.push_back(
      static_cast<std::uint32_t>(std::count(copies_.begin(), copies_.end(), rarest)));
  const std::size_t pieces = copies_.size();
  for (std::uint32_t row = 0; row < rows_; ++row) {
    const std::size_t first = row * pieces / rows_;
    const std::size_t last = (row + 1) * pieces / rows_;
    double sum = 0;
    for (std::size_t p = first; p < last; ++p) {
      sum += copies_[p];
    }
    out_.availability.copies.push_back(static_cast<float>(sum / static_cast<double>(last - first)));
  }
  if (out_.t_s.size() >= samples_max) {
    join_pairs();
  }
}

void sampler::join_pairs() {
  every_s_ *= 2;
  const auto mean = [](auto a, auto b) { return (a + b) / 2; };
  const auto later = [](auto, auto b) { return b; };
  halve(out_.t_s, 1, later);
  for (auto& g : out_.groups) {
    halve(g.up_bytes_per_s, 1, mean);
    halve(g.down_bytes_per_s, 1, mean);
    halve(g.leeching, 1, later);
    halve(g.seeding, 1, later);
  }
  halve(out_.uplink_use, 1, mean);
  halve(out_.rarest_copies, 1, later);
  halve(out_.rarest_pieces, 1, later);
  halve(out_.availability.copies, rows_, later);
}

}  // namespace shoal::lab
