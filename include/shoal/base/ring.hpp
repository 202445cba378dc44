#pragma once
// A queue that costs nothing while it is empty. (A `std::deque` takes 576 bytes of the heap before its first
// element comes, and thousands of torrents keep a dozen queues each.)
//
// A buffer that doubles, in which the front moves on. All is O(1) amortised. What a burst took beyond 8 KiB
// is given back when the queue has run empty.

#include <cassert>
#include <cstddef>
#include <utility>
#include <vector>

namespace shoal {

/// `T` is default-constructible. What left by `pop_front` is replaced by T(), so that it keeps nothing.
template <class T>
class ring {
 public:
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }

  T& front() {
    assert(size_ > 0);
    return slots_[first_];
  }

  /// Anything that can be assigned to a `T`: one of a variant's types goes straight to its place.
  template <class U = T>
  void push_back(U&& what) {
    if (size_ == slots_.size()) {
      grow();
    }
    slots_[(first_ + size_) & (slots_.size() - 1)] = std::forward<U>(what);
    ++size_;
  }

  void pop_front() {
    front() = T();
    advance();
  }

  /// The oldest; false when there is none.
  bool take(T& out) {
    if (empty()) {
      return false;
    }
    out = std::move(front());
    advance();
    return true;
  }

  /// Calls f(T&) with the oldest, where it lies, and lets it go; false when there is none. `f` moves out what
  /// should not stay until the place is used again, and puts nothing in.
  template <class F>
  bool take_with(F f) {
    if (empty()) {
      return false;
    }
    f(front());
    advance();
    return true;
  }

  /// Gives back what it takes of the heap, too.
  void clear() {
    std::vector<T>().swap(slots_);
    first_ = size_ = 0;
  }

 private:
  static constexpr std::size_t kept_max = (std::size_t{8} << 10) / sizeof(T);

  void advance() {
    first_ = (first_ + 1) & (slots_.size() - 1);
    if (--size_ == 0 && slots_.size() > kept_max) {
      clear();
    }
  }

  void grow() {
    std::vector<T> more(slots_.empty() ? 4 : 2 * slots_.size());  // a power of two
    for (std::size_t i = 0; i < size_; ++i) {
      more[i] = std::move(slots_[(first_ + i) & (slots_.size() - 1)]);
    }
    slots_.swap(more);
    first_ = 0;
  }

  std::vector<T> slots_;
  std::size_t first_ = 0;
  std::size_t size_ = 0;
};

}  // namespace shoal
