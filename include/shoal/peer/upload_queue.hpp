#pragma once
// What one peer has asked of us and not got yet, in the order of asking. Bounded: an honest peer knows our
// `reqq`, and one that does not is told by `reject` (BEP 6) or by silence.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include <shoal/base/strong.hpp>

namespace shoal::peer {

class upload_queue {
 public:
  /// What we tell peers as `reqq` (BEP 10).
  static constexpr std::uint32_t requests_max = 2000;

  /// False when the queue is full.
  bool push(const block_ref& b) {
    if (waiting_.size() + loading_.size() >= requests_max) {
      return false;
    }
    waiting_.push_back(b);
    return true;
  }

  /// None waits to be loaded.
  bool idle() const { return waiting_.empty(); }
  const block_ref& front() const { return waiting_.front(); }

  /// Moves the oldest from waiting to loading.
  block_ref start_load() {
    const block_ref b = waiting_.front();
    waiting_.pop_front();
    loading_.push_back(b);
    return b;
  }
  /// The load ended; false when it is not wanted any more (cancelled or choked meanwhile).
  bool finish_load(const block_ref& b) { return erase_one(loading_, b); }

  /// A `cancel` came; true when the block had not been handed over yet.
  bool cancel(const block_ref& b) { return erase_one(waiting_, b) || erase_one(loading_, b); }
  /// The peer is choked: takes everything that was not handed over yet.
  std::vector<block_ref> take_all() {
    std::vector<block_ref> out(loading_.begin(), loading_.end());
    out.insert(out.end(), waiting_.begin(), waiting_.end());
    waiting_.clear();
    loading_.clear();
    return out;
  }

 private:
  template <class Sequence>
  static bool erase_one(Sequence& s, const block_ref& b) {
    const auto found = std::find(s.begin(), s.end(), b);
    if (found == s.end()) {
      return false;
    }
    s.erase(found);
    return true;
  }

  std::deque<block_ref> waiting_;
  std::deque<block_ref> loading_;
};

}  // namespace shoal::peer
