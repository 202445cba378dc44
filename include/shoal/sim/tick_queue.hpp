#pragma once
// What is to happen, when all instants are multiples of a tick: tick by tick, in a tick place by place, at a
// place in the order in which it was put in. A swarm that does not fit into the caches is walked through once
// a tick, and each node, once it is there, does all that it has to do.
//
// A ring of lists, one a tick; what is further off waits in a heap. A list is sorted by place when its tick
// comes, by digits, so the price of an event does not grow with their number or that of the places.

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace shoal::sim {

/// `T` is cheap to copy, and `std::uint32_t T::place() const` says where it happens.
template <class T>
class tick_queue {
 public:
  tick_queue() : ring_(ring_size) {}

  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }

  /// Not before the tick of the last one that was taken out. What is put into that tick comes after all that
  /// was in it when it began.
  void push(std::int64_t tick, const T& what) {
    assert(tick >= tick_);
    ++size_;
    if (tick - tick_ < ring_size) {
      list_of(tick).push_back(what);
    } else {
      later_.push_back({tick, sequence_++, what});
      std::push_heap(later_.begin(), later_.end());
    }
  }

  /// When something is next; only when there is something.
  std::int64_t next_tick() {
    reach();
    return tick_;
  }
  /// All that is next at one place, valid until the next call of `next_tick` or `pop`; only when there is
  /// something.
  std::span<const T> pop() {
    reach();
    const std::size_t from = at_;
    const std::uint32_t place = today_[from].place();
    while (at_ < today_.size() && today_[at_].place() == place) {
      ++at_;
    }
    size_ -= at_ - from;
    return std::span<const T>(today_).subspan(from, at_ - from);
  }
  /// What comes after that in the same tick, `n` at most: for who wants to fetch early what it will need.
  std::span<const T> ahead(std::size_t n) const {
    return std::span<const T>(today_).subspan(at_, std::min(n, today_.size() - at_));
  }

 private:
  struct entry {
    std::int64_t tick;
    std::uint64_t sequence;
    T what;

    friend bool operator<(const entry& a, const entry& b) {  // the heap has its least on top
      return a.tick != b.tick ? b.tick < a.tick : b.sequence < a.sequence;
    }
  };

  static constexpr std::int64_t ring_size = 256;
  static constexpr int digit_bits = 10;

  std::vector<T>& list_of(std::int64_t tick) { return ring_[static_cast<std::size_t>(tick % ring_size)]; }

  void reach() {
    while (at_ == today_.size()) {
      assert(size_ > 0);
      at_ = 0;
      auto spent = std::exchange(today_, {});
      spent.clear();
      while (list_of(tick_).empty()) {
        turn_to(size_ == later_.size() ? later_.front().tick : tick_ + 1);
      }
      today_ = std::exchange(list_of(tick_), {});
      if (auto& next = list_of(tick_ + 1); next.capacity() == 0) {
        next = std::move(spent);  // else its memory goes back: a list is as large as its tick is busy
      }
      sort();
    }
  }

  /// To a later tick, before which there is nothing.
  void turn_to(std::int64_t tick) {
    tick_ = tick;
    while (!later_.empty() && later_.front().tick - tick_ < ring_size) {
      std::pop_heap(later_.begin(), later_.end());
      list_of(later_.back().tick).push_back(later_.back().what);
      later_.pop_back();
    }
  }

  void sort() {
    std::uint32_t most = 0;
    for (const T& t : today_) {
      most = std::max(most, t.place());
    }
    for (int shift = 0; shift < 32 && most >> shift != 0; shift += digit_bits) {
      const auto digit = [&](const T& t) { return t.place() >> shift & ((1U << digit_bits) - 1); };
      std::array<std::size_t, (1U << digit_bits)> begin{};
      for (const T& t : today_) {
        ++begin[digit(t)];
      }
      std::size_t sum = 0;
      for (auto& n : begin) {
        sum += std::exchange(n, sum);
      }
      scratch_.resize(today_.size());
      for (const T& t : today_) {
        scratch_[begin[digit(t)]++] = t;
      }
      std::swap(today_, scratch_);
    }
  }

  std::vector<std::vector<T>> ring_;  // by tick modulo their number
  std::vector<entry> later_;          // a heap
  std::vector<T> today_;              // of `tick_`, in order; those before `at_` are out
  std::vector<T> scratch_;
  std::size_t at_ = 0;
  std::int64_t tick_ = 0;
  std::uint64_t sequence_ = 0;
  std::size_t size_ = 0;
};

}  // namespace shoal::sim
