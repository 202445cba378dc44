#pragma once
// What is to happen, when all instants are multiples of a tick: tick by tick, in a tick place by place, at a
// place in the order in which it was put in. A swarm that does not fit into the caches is walked through once
// a tick, and each node, once it is there, does all that it has to do.
//
// A ring of lists, one a tick; what is further off waits in a heap. A list is sorted by place when its tick
// comes, by digits, so the price of an event does not grow with their number or that of the places.
//
// Lists are made of chunks, which go from list to list: what is outstanding in a large swarm takes hundreds
// of MiB, and changes its place ten times a second.

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include <shoal/base/fetch_early.hpp>

namespace shoal::sim {

/// `T` is cheap to copy, and `std::uint32_t T::place() const` says where it happens: one of a row, of which
/// each takes 12 bytes.
template <class T>
class tick_queue {
 public:
  tick_queue() : ring_(ring_size) {}

  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }

  /// Whether this tick has something at `place` that `pop` has still to give.
  bool is_ahead(std::uint32_t place) const {
    return at_ < today_.size() && place > place_ && place < due_.size() && due_[place].pass == pass_;
  }

  /// Not before the tick of the last one that was taken out. What is put into that tick comes with what is
  /// ahead at its place, last; or else after all that was in it when it began.
  void push(std::int64_t tick, const T& what) {
    assert(tick >= tick_);
    ++size_;
    if (tick == tick_ && is_ahead(what.place())) {
      join(due_[what.place()], what);
    } else if (tick - tick_ < ring_size) {
      put(list_of(tick), what);
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
    const auto today = today_.all();
    place_ = today[from].place();
    while (at_ < today.size() && today[at_].place() == place_) {
      ++at_;
    }
    auto out = today.subspan(from, at_ - from);
    if (std::uint32_t next = due_[place_].first; next != none) {
      together_.assign(out.begin(), out.end());
      for (; next != none; next = joined_[next].next) {
        const few& f = joined_[next];
        together_.insert(together_.end(), f.things.begin(), f.things.begin() + f.size);
      }
      out = together_;
    }
    size_ -= out.size();
    fetch_early(today.subspan(at_));
    return out;
  }
  /// What comes after that in the same tick, `n` at most: for who wants to fetch early what it will need.
  std::span<const T> ahead(std::size_t n) const {
    const auto today = today_.all();
    return today.subspan(at_, std::min(n, today.size() - at_));
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

  using chunk = std::unique_ptr<T[]>;
  struct list {
    std::vector<chunk> chunks;  // all full but the last
    std::size_t size = 0;
  };
  /// So many, one after another, of which a new number costs nothing while there is room.
  class row {
   public:
    void resize(std::size_t n) {
      if (n > room_) {
        room_ = n + n / 8;
        things_.reset();  // first: both would be large
        things_ = std::make_unique_for_overwrite<T[]>(room_);
      }
      size_ = n;
    }
    std::size_t size() const { return size_; }
    std::span<const T> all() const { return {things_.get(), size_}; }
    T& operator[](std::size_t i) { return things_[i]; }

   private:
    std::unique_ptr<T[]> things_;
    std::size_t room_ = 0;
    std::size_t size_ = 0;
  };

  static constexpr std::uint32_t none = 0xffffffff;
  /// What joins those that are ahead at a place: a list in `joined_`.
  struct due {
    std::uint32_t pass = 0;  ///< in which the place has something
    std::uint32_t first = none, last = none;
  };
  struct few {
    static constexpr std::size_t most = 5;

    std::array<T, most> things;
    std::uint32_t size = 0;
    std::uint32_t next = none;
  };

  static constexpr std::int64_t ring_size = 256;
  static constexpr std::size_t chunk_size = 512;
  static constexpr int digit_bits = 10;

  list& list_of(std::int64_t tick) { return ring_[static_cast<std::size_t>(tick % ring_size)]; }

  void put(list& l, const T& what) {
    const std::size_t at = l.size++ % chunk_size;
    if (at == 0) {
      if (spare_.empty()) {
        spare_.push_back(std::make_unique_for_overwrite<T[]>(chunk_size));
      }
      l.chunks.push_back(std::move(spare_.back()));
      spare_.pop_back();
    }
    l.chunks.back()[at] = what;
  }

  void join(due& d, const T& what) {
    if (d.first == none || joined_[d.last].size == few::most) {
      (d.first == none ? d.first : joined_[d.last].next) = static_cast<std::uint32_t>(joined_.size());
      d.last = static_cast<std::uint32_t>(joined_.size());
      joined_.emplace_back();
    }
    few& f = joined_[d.last];
    f.things[f.size++] = what;
  }

  /// What has joined at places that come some time after.
  void fetch_early(std::span<const T> next) const {
    constexpr std::size_t soon = 24, later = 64;
    if (next.size() > later) {
      __builtin_prefetch(&due_[next[later].place()]);
      if (const auto first = due_[next[soon].place()].first; first != none) {
        shoal::fetch_early(&joined_[first], sizeof(few));
      }
    }
  }

  void reach() {
    while (at_ == today_.size()) {
      assert(size_ > 0);
      at_ = 0;
      today_.resize(0);
      while (list_of(tick_).size == 0) {
        turn_to(size_ == later_.size() ? later_.front().tick : tick_ + 1);
      }
      take(list_of(tick_));
    }
  }

  /// To a later tick, before which there is nothing.
  void turn_to(std::int64_t tick) {
    tick_ = tick;
    while (!later_.empty() && later_.front().tick - tick_ < ring_size) {
      std::pop_heap(later_.begin(), later_.end());
      put(list_of(later_.back().tick), later_.back().what);
      later_.pop_back();
    }
  }

  template <class F>
  static void for_each(const list& l, F f) {
    std::size_t left = l.size;
    for (const auto& c : l.chunks) {
      for (const T& t : std::span(c.get(), std::min(left, chunk_size))) {
        f(t);
      }
      left -= std::min(left, chunk_size);
    }
  }

  /// All of the list, sorted by place, and its chunks back: the list is empty then.
  void take(list& l) {
    std::uint32_t most = 0;
    for_each(l, [&](const T& t) { most = std::max(most, t.place()); });
    sort_by(0, today_, l.size, [&](auto f) { for_each(l, f); });
    std::ranges::move(l.chunks, std::back_inserter(spare_));
    l.chunks.clear();
    l.size = 0;
    for (int shift = digit_bits; shift < 32 && most >> shift != 0; shift += digit_bits) {
      sort_by(shift, scratch_, today_.size(), [&](auto f) { std::ranges::for_each(today_.all(), f); });
      std::swap(today_, scratch_);
    }
    if (due_.size() <= most) {
      due_.resize(std::size_t{most} + 1);
    }
    ++pass_;
    place_ = 0;
    joined_.clear();
    for (const T& t : today_.all()) {
      due_[t.place()] = {pass_};
    }
  }

  /// By one digit of the place. `each` calls a function with each of the `n` in their order.
  template <class Each>
  static void sort_by(int shift, row& out, std::size_t n, Each each) {
    const auto digit = [&](const T& t) { return t.place() >> shift & ((1U << digit_bits) - 1); };
    std::array<std::size_t, (1U << digit_bits)> begin{};
    each([&](const T& t) { ++begin[digit(t)]; });
    std::size_t sum = 0;
    for (auto& count : begin) {
      sum += std::exchange(count, sum);
    }
    out.resize(n);
    each([&](const T& t) { out[begin[digit(t)]++] = t; });
  }

  std::vector<list> ring_;    // by tick modulo their number
  std::vector<chunk> spare_;  // in no list
  std::vector<entry> later_;  // a heap
  row today_;                 // of `tick_`, in order; those before `at_` are out
  row scratch_;
  std::vector<due> due_;  // by place
  std::vector<few> joined_;
  std::vector<T> together_;
  std::uint32_t pass_ = 0;   // how often `today_` was filled
  std::uint32_t place_ = 0;  // of the last that was taken out
  std::size_t at_ = 0;
  std::int64_t tick_ = 0;
  std::uint64_t sequence_ = 0;
  std::size_t size_ = 0;
};

}  // namespace shoal::sim
