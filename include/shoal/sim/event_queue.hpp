#pragma once
// What is to happen, in the order of (time, sequence): of two things at one instant the one that was put in
// first comes first, so a run is a function of its inputs.
//
// A calendar (Brown 1988): the next seconds are divided into short days, each an unsorted list; only the
// current day is a heap, and what is further off waits in a heap of its own until the calendar reaches it.
// Putting in and taking out are O(1) but for the logarithm of what falls on one day (131 microseconds), so
// the price of an event does not grow with what is outstanding.

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <shoal/base/time.hpp>

namespace shoal::sim {

template <class T>
class event_queue {
 public:
  event_queue() : days_(day_count) {}

  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  /// When the next one is due; only when there is one.
  instant next_time() {
    reach();
    return at(today_.front().when);
  }

  /// The one that `pop` will give; only when there is one.
  const T& next() {
    reach();
    return today_.front().what;
  }

  /// Not before the last one that was taken out.
  void push(instant when, const T& what) {
    const entry e{when.time_since_epoch().count(), sequence_++, what};
    const std::int64_t day = e.when >> day_bits;
    assert(e.when >= 0);
    ++size_;
    if (day <= day_) {
      put(today_, e);
    } else if (day - day_ < day_count) {
      file(day, e);
    } else {
      put(later_, e);
    }
  }

  /// The next one; only when there is one.
  std::pair<instant, T> pop() {
    reach();
    const entry e = take(today_);
    --size_;
    return {at(e.when), e.what};
  }

 private:
  struct entry {
    std::int64_t when;
    std::uint64_t sequence;
    T what;

    friend bool operator<(const entry& a, const entry& b) {  // the heaps have their least on top
      return a.when != b.when ? b.when < a.when : b.sequence < a.sequence;
    }
  };

  static constexpr int day_bits = 17;
  static constexpr std::int64_t day_count = 1 << 15;

  static instant at(std::int64_t when) { return instant(duration(when)); }

  static void put(std::vector<entry>& heap, const entry& e) {
    heap.push_back(e);
    std::push_heap(heap.begin(), heap.end());
  }
  static entry take(std::vector<entry>& heap) {
    std::pop_heap(heap.begin(), heap.end());
    const entry e = heap.back();
    heap.pop_back();
    return e;
  }

  void file(std::int64_t day, const entry& e) {
    const auto place = static_cast<std::size_t>(day % day_count);
    days_[place].push_back(e);
    busy_[place / 64] |= std::uint64_t{1} << (place % 64);
  }

  /// Turns the pages until something is due today.
  void reach() {
    while (today_.empty()) {
      assert(size_ > 0);
      day_ = next_busy_day();
      const auto place = static_cast<std::size_t>(day_ % day_count);
      std::swap(today_, days_[place]);
      busy_[place / 64] &= ~(std::uint64_t{1} << (place % 64));
      std::make_heap(today_.begin(), today_.end());
      while (!later_.empty() && (later_.front().when >> day_bits) - day_ < day_count) {
        const entry e = take(later_);
        const std::int64_t day = e.when >> day_bits;
        if (day == day_) {
          put(today_, e);
        } else {
          file(day, e);
        }
      }
    }
  }

  std::int64_t next_busy_day() const {
    const auto start = static_cast<std::size_t>((day_ + 1) % day_count);
    std::uint64_t mask = ~std::uint64_t{0} << (start % 64);
    for (std::size_t i = 0, word = start / 64; i <= busy_.size(); ++i, word = (word + 1) % busy_.size()) {
      if (const std::uint64_t bits = busy_[word] & mask) {
        const auto place = static_cast<std::int64_t>(word * 64) + std::countr_zero(bits);
        return day_ + 1 + (place - static_cast<std::int64_t>(start) + day_count) % day_count;
      }
      mask = ~std::uint64_t{0};
    }
    return later_.front().when >> day_bits;
  }

  std::vector<std::vector<entry>> days_;  // by day modulo their number; today's is empty
  std::array<std::uint64_t, day_count / 64> busy_{};
  std::vector<entry> today_;  // a heap
  std::vector<entry> later_;  // a heap
  std::int64_t day_ = 0;
  std::uint64_t sequence_ = 0;
  std::size_t size_ = 0;
};

}  // namespace shoal::sim
