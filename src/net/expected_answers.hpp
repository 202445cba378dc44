#pragma once
// The answers that a peer owes, in the order in which they were asked for: a guess at what its stream will
// say next, and nothing more. A wrong guess costs time, never truth, so whatever is unclear is forgotten.

#include <algorithm>
#include <cstddef>
#include <span>
#include <variant>
#include <vector>

#include <shoal/base/strong.hpp>
#include <shoal/wire/message.hpp>

namespace shoal::net {

class expected_answers {
 public:
  /// Beyond this the eldest are forgotten: more than any request window holds.
  static constexpr std::size_t size_max = 4096;

  /// A message that goes out.
  void sending(const wire::message& m) {
    if (const auto* const r = std::get_if<wire::request>(&m)) {
      if (r->block.length > block_bytes) return;  // no buffer would hold the answer
      if (next().size() >= size_max) drop_front(1);
      blocks_.push_back(r->block);
    } else if (const auto* const c = std::get_if<wire::cancel>(&m)) {
      remove(c->block);
    }
  }
  /// A message that came. O(1) for an answer in the order of asking.
  void received(const wire::message& m) {
    if (const auto* const p = std::get_if<wire::piece>(&m)) {
      remove(p->block);
    } else if (const auto* const r = std::get_if<wire::reject_request>(&m)) {
      remove(r->block);
    } else if (std::holds_alternative<wire::choke>(m)) {  // BEP 3: what was asked before is void
      drop_front(next().size());
    }
  }

  std::span<const block_ref> next() const { return std::span(blocks_).subspan(head_); }
  /// The first `n` have come.
  void drop_front(std::size_t n) {
    head_ += n;
    if (head_ == blocks_.size()) {
      blocks_.clear();
      head_ = 0;
    } else if (head_ >= blocks_.size() / 2) {
      blocks_.erase(blocks_.begin(), blocks_.begin() + static_cast<std::ptrdiff_t>(head_));
      head_ = 0;
    }
  }

 private:
  void remove(const block_ref& b) {
    const auto begin = blocks_.begin() + static_cast<std::ptrdiff_t>(head_);
    const auto found = std::find(begin, blocks_.end(), b);
    if (found == blocks_.end()) return;
    if (found == begin) return drop_front(1);
    blocks_.erase(found);
  }

  std::vector<block_ref> blocks_;  // [0, head_) is spent
  std::size_t head_ = 0;
};

}  // namespace shoal::net
