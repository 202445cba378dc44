#pragma once
// Times from a microsecond on, counted in steps of about 1.5 %.

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace shoal::bench {

class latencies {
 public:
  void add(std::uint64_t ns) {
    ++counts_[place_of(ns)];
    ++total_;
    max_ns_ = std::max(max_ns_, ns);
  }
  double max_us() const { return static_cast<double>(max_ns_) / 1000; }

  /// The time below which the share (0 to 1) of all lies, in microseconds.
  double quantile_us(double share) const {
    auto left = static_cast<std::uint64_t>(share * static_cast<double>(total_));
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      if (counts_[i] > left) {
        return value_of(i) / 1000;
      }
      left -= counts_[i];
    }
    return 0;
  }

 private:
  static constexpr unsigned step_bits = 6;  // 64 steps an octave

  static std::size_t place_of(std::uint64_t ns) {
    if (ns < (1U << step_bits)) {
      return static_cast<std::size_t>(ns);
    }
    const auto octave = static_cast<unsigned>(std::bit_width(ns)) - step_bits - 1;
    return (std::size_t{octave} << step_bits) + static_cast<std::size_t>(ns >> octave);
  }
  static double value_of(std::size_t place) {
    if (place < (1U << step_bits)) {
      return static_cast<double>(place);
    }
    const auto octave = (place >> step_bits) - 1;
    return static_cast<double>(((place & ((1U << step_bits) - 1)) + (1U << step_bits)) << octave);
  }

  std::array<std::uint64_t, (64 << step_bits)> counts_{};
  std::uint64_t total_ = 0, max_ns_ = 0;
};

}  // namespace shoal::bench
