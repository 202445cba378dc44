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

/// `T` is default-constructible; an element that left is replaced by T(), so that it keeps nothing.
template <class T>
class ring {
 public:
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }

  T& front() {
    assert(size_ > 0);
    return slots_[first_];
  }

  void push_back(T what) {
    if (size_ == slots_.size()) {
      grow();
    }
    slots_[(first_ + size_) & (slots_.size() - 1)] = std::move(what);
    ++size_;
  }

  void pop_front() {
    front() = T();
    first_ = (first_ + 1) & (slots_.size() - 1);
    if (--size_ == 0 && slots_.size() > kept_max) {
      clear();
    }
  }

  /// The oldest; false when there is none.
  bool take(T& out) {
    if (empty()) {
      return false;
    }
    out = std::move(front());
    pop_front();
    return true;
  }

  /// Gives back what it takes of the heap, too.
  void clear() {
    std::vector<T>().swap(slots_);
    first_ = size_ = 0;
  }

 private:
  static constexpr std::size_t kept_max = (std::size_t{8} << 10) / sizeof(T);

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
