#include "net/inbox.hpp"

#include <algorithm>
#include <cstring>
#include <utility>
#include <variant>

namespace shoal::net {
namespace {

constexpr std::size_t frame_bytes_min = 4;
/// Kept memory up to this size is not worth giving back and taking again.
constexpr std::size_t small_bytes = 512;

wire::limits fit_to_pool(wire::limits limits) {
  limits.block_bytes_max = std::min(limits.block_bytes_max, block_bytes);
  return limits;
}

}  // namespace

inbox::inbox(wire::limits limits, buffer::pool& pool)
    : limits_(fit_to_pool(limits)), pool_(pool), needed_(frame_bytes_min) {}

result<inbox::verdict> inbox::feed(byte_view fresh, inbound_batch& out) {
  auto done = feed_kept(fresh, out);
  if (done && *done == verdict::hungry) {
    done = feed_fresh(fresh, out);
  }
  keep(fresh);
  leases_.clear();
  return done;
}

/// Decodes the kept bytes, and takes from `fresh` what completes their last frame. `hungry` when none is
/// left.
result<inbox::verdict> inbox::feed_kept(byte_view& fresh, inbound_batch& out) {
  while (kept_bytes() > 0) {
    if (kept_bytes() < needed_) {
      const std::size_t n = std::min(needed_ - kept_bytes(), fresh.size());
      keep(fresh.first(n));
      fresh = fresh.subspan(n);
      if (kept_bytes() < needed_) {
        return verdict::hungry;
      }
    }
    const auto done = decode_one(byte_view(kept_).subspan(head_), out);
    if (!done) {
      return done.error();
    }
    if (done->bytes == 0 && done->why != verdict::hungry) {
      return done->why;
    }
    head_ += done->bytes;
  }
  kept_.clear();
  head_ = 0;
  return verdict::hungry;
}

result<inbox::verdict> inbox::feed_fresh(byte_view& fresh, inbound_batch& out) {
  while (!fresh.empty()) {
    const auto done = decode_one(fresh, out);
    if (!done) {
      return done.error();
    }
    if (done->bytes == 0) {
      return done->why;
    }
    fresh = fresh.subspan(done->bytes);
  }
  return verdict::hungry;
}

result<inbox::step> inbox::decode_one(byte_view in, inbound_batch& out) {
  if (out.messages.size() >= messages_per_batch_max) {
    return step{0, verdict::full};
  }
  wire::frame frame;
  const auto taken = wire::decode(in, limits_, frame, &needed_);
  if (!taken) {
    return taken.error();
  }
  if (*taken == 0) {
    if (in.size() <= frame_bytes_min) {  // the id tells more about the length than the length itself
      needed_ = std::min(needed_, frame_bytes_min + 1);
    }
    return step{0, verdict::hungry};
  }
  if (std::holds_alternative<wire::piece>(frame.msg)) {
    if (out.blocks.size() >= blocks_per_batch_max) {
      return step{0, verdict::full};
    }
    auto block = take_lease(in.size() - *taken, out.blocks.size());
    if (!block) {
      return step{0, verdict::starved};
    }
    std::memcpy(block.data(), frame.payload.data(), frame.payload.size());
    out.blocks.push_back(std::move(block));
  }
  out.messages.push_back(std::move(frame.msg));
  out.bytes_total += *taken;
  needed_ = frame_bytes_min;
  return step{*taken};
}

/// One for the block at hand; taken together with as many as the bytes behind it may need, for the pool's
/// lock.
buffer::lease inbox::take_lease(std::size_t bytes_left, std::size_t blocks_so_far) {
  if (leases_.empty()) {
    const std::size_t likely = 1 + bytes_left / (wire::piece_head_bytes + block_bytes);
    pool_.try_acquire(std::min(likely, blocks_per_batch_max - blocks_so_far), leases_);
    std::reverse(leases_.begin(), leases_.end());
  }
  buffer::lease one;
  if (!leases_.empty()) {
    one = std::move(leases_.back());
    leases_.pop_back();
  }
  return one;
}

void inbox::keep(byte_view rest) {
  if (rest.empty()) {
    return;
  }
  if (head_ > 0) {
    kept_.erase(kept_.begin(), kept_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
  }
  kept_.insert(kept_.end(), rest.begin(), rest.end());
}

void inbox::forget_kept() {
  kept_.clear();
  head_ = 0;
  needed_ = frame_bytes_min;
}

void inbox::trim() {
  if (kept_bytes() == 0 && kept_.capacity() > small_bytes) {
    kept_ = {};
    head_ = 0;
  }
}

}  // namespace shoal::net
