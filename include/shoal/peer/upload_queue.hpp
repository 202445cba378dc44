#pragma once
// What one peer has asked of us and not got yet, in the order of asking. Bounded: an honest peer knows our
// `reqq`, and one that does not is told by `reject` (BEP 6) or by silence.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <shoal/base/fetch_early.hpp>
#include <shoal/base/strong.hpp>

namespace shoal::peer {

class upload_queue {
 public:
  /// What we tell peers as `reqq` (BEP 10).
  static constexpr std::uint32_t requests_max = 2000;

  /// False when the queue is full. What is `late` waits until all the others were loaded.
  bool push(const block_ref& b, bool late = false) {
    if (queue_.size() - spent_ >= requests_max) {
      return false;
    }
    queue_.insert(queue_.end() - static_cast<std::ptrdiff_t>(late ? 0 : late_), b);
    late_ += late ? 1 : 0;
    return true;
  }

  /// The same of one that is not late, ahead of those at the end of the line for which `yields(block)` holds.
  /// O(those it overtakes).
  template <class Yields>
  bool push_ahead(const block_ref& b, Yields yields) {
    if (queue_.size() - spent_ >= requests_max) {
      return false;
    }
    std::size_t at = queue_.size() - late_;
    while (at > waiting_ && yields(queue_[at - 1])) {
      --at;
    }
    queue_.insert(queue_.begin() + static_cast<std::ptrdiff_t>(at), b);
    return true;
  }

  /// See `swarm::torrent_core`.
  void fetch_early() const {
    if (spent_ < queue_.size()) {
      shoal::fetch_early(&queue_[spent_], 1);
    }
  }

  /// None waits to be loaded.
  bool idle() const { return waiting_ == queue_.size(); }
  const block_ref& front() const { return queue_[waiting_]; }
  /// Only late ones wait.
  bool only_late() const { return late_ > 0 && late_ == queue_.size() - waiting_; }

  /// Moves the oldest from waiting to loading.
  block_ref start_load() {
    late_ -= only_late() ? 1 : 0;
    return queue_[waiting_++];
  }
  /// The load ended; false when it is not wanted any more (cancelled or choked meanwhile).
  bool finish_load(const block_ref& b) { return erase_one(spent_, waiting_, b); }

  /// A `cancel` came; true when the block had not been handed over yet.
  bool cancel(const block_ref& b) {
    return erase_one(waiting_, queue_.size(), b) || erase_one(spent_, waiting_, b);
  }
  /// The peer is choked: takes everything that was not handed over yet.
  std::vector<block_ref> take_all() {
    std::vector<block_ref> out(queue_.begin() + static_cast<std::ptrdiff_t>(spent_), queue_.end());
    queue_.clear();
    spent_ = waiting_ = late_ = 0;
    return out;
  }

 private:
  /// Spent entries are cleared away when they are so many and more than the rest: O(1) amortised.
  static constexpr std::size_t spent_max = 32;

  bool erase_one(std::size_t from, std::size_t to, const block_ref& b) {
    const auto first = queue_.begin() + static_cast<std::ptrdiff_t>(from);
    const auto last = queue_.begin() + static_cast<std::ptrdiff_t>(to);
    const auto found = std::find(first, last, b);
    if (found == last) {
      return false;
    }
    const auto at = static_cast<std::size_t>(found - queue_.begin());
    if (at == spent_ && at < waiting_) {
      ++spent_;  // loads end in the order in which they began, nearly always
    } else {
      late_ -= at >= queue_.size() - late_ ? 1 : 0;
      queue_.erase(found);
      waiting_ -= at < waiting_ ? 1 : 0;
    }
    if (spent_ == queue_.size() || (spent_ >= spent_max && spent_ * 2 > queue_.size())) {
      queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(spent_));
      waiting_ -= spent_;
      spent_ = 0;
    }
    return true;
  }

  std::vector<block_ref> queue_;  // spent, then loading, then waiting, the late ones last
  std::size_t spent_ = 0;
  std::size_t waiting_ = 0;  // where the waiting begin
  std::size_t late_ = 0;     // how many of these are late
};

}  // namespace shoal::peer
