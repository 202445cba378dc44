#pragma once
// What the brain asks for and the shell has not taken yet, in order. It is empty between two events, and
// fills and drains as a whole: a vector with a head does for it, and keeps a little memory for the next time.

#include <cstddef>
#include <utility>
#include <vector>

#include <shoal/swarm/action.hpp>

namespace shoal::swarm {

class action_queue {
 public:
  template <class Action>
  void push(Action&& a) {
    if (actions_.capacity() == 0) {
      actions_.reserve(kept);
    }
    actions_.emplace_back(std::forward<Action>(a));
  }

  bool empty() const { return actions_.empty(); }

  /// The oldest; false when there is none.
  bool take(action& out) {
    if (head_ == actions_.size()) {
      return false;
    }
    out = std::move(actions_[head_++]);
    if (head_ == actions_.size()) {
      head_ = 0;
      actions_.clear();
      if (actions_.capacity() > kept) {
        actions_ = {};
      }
    }
    return true;
  }

 private:
  /// Actions for which memory is kept: two kilobytes a torrent.
  static constexpr std::size_t kept = 16;

  std::vector<action> actions_;
  std::size_t head_ = 0;  // those before it are taken
};

}  // namespace shoal::swarm
