#include "net/outbox.hpp"

#include <algorithm>
#include <cassert>
#include <utility>
#include <variant>

namespace shoal::net {
namespace {

/// Sent control bytes are cut off, and unused memory given back, beyond this.
constexpr std::size_t control_bytes_kept = 4096;

/// Fills `parts` from its front.
class part_writer {
 public:
  explicit part_writer(std::span<iovec> parts) : parts_(parts) {}

  bool has_room(std::size_t n) const { return parts_.size() - used_ >= n; }
  /// `bytes` without the first `skip`; what is left of `skip` is returned.
  std::size_t put(byte_view bytes, std::size_t skip = 0) {
    const std::size_t skipped = std::min(skip, bytes.size());
    bytes = bytes.subspan(skipped);
    if (!bytes.empty()) {
      // iovec is for both directions and so not const; sending does not write.
      parts_[used_++] = {const_cast<std::byte*>(bytes.data()), bytes.size()};
    }
    return skip - skipped;
  }
  std::size_t used() const { return used_; }

 private:
  std::span<iovec> parts_;
  std::size_t used_ = 0;
};

}  // namespace

void outbox::push(outbound&& o) {
  const auto* block = std::get_if<wire::piece>(&o.msg);
  if (block == nullptr) {
    wire::encode(o.msg, control_);
    return;
  }
  assert(o.block && block->block.length <= block_bytes);
  encoded_.clear();
  wire::encode(o.msg, encoded_);
  auto& q = blocks_.emplace_back();
  assert(encoded_.size() == q.head.size());
  std::copy(encoded_.begin(), encoded_.end(), q.head.begin());
  q.block = block->block;
  q.payload = std::move(o.block);
}

std::size_t outbox::gather(std::span<iovec> parts) const {
  part_writer out(parts);
  const auto put_block = [&out](const queued& q, std::size_t skip) {
    const std::size_t rest = out.put(q.head, skip);
    out.put(q.payload.bytes(q.block.length), rest);
  };
  auto next = blocks_.begin();
  if (front_sent_ > 0 && out.has_room(2)) {
    put_block(*next++, front_sent_);
  }
  if (out.has_room(1)) {
    out.put(control_, control_sent_);
  }
  for (; next != blocks_.end() && out.has_room(2); ++next) {
    put_block(*next, 0);
  }
  return out.used();
}

outbox::progress outbox::sent(std::size_t bytes) {
  progress p;
  if (front_sent_ > 0) {
    bytes = send_front(bytes, p);
  }
  if (front_sent_ == 0) {
    bytes = send_control(bytes);
  }
  while (bytes > 0) {
    bytes = send_front(bytes, p);
  }
  return p;
}

/// Counts up to `bytes` towards the first block; what is left of them is returned.
std::size_t outbox::send_front(std::size_t bytes, progress& p) {
  assert(!blocks_.empty());
  const queued& q = blocks_.front();
  const std::size_t before = front_sent_;
  const std::size_t after = std::min(before + bytes, q.size());
  p.payload_bytes += std::max(after, q.head.size()) - std::max(before, q.head.size());
  front_sent_ = after;
  if (after == q.size()) {
    ++p.blocks;
    front_sent_ = 0;
    blocks_.pop_front();
  }
  return bytes - (after - before);
}

std::size_t outbox::send_control(std::size_t bytes) {
  const std::size_t n = std::min(bytes, control_bytes());
  control_sent_ += n;
  if (control_bytes() == 0) {
    control_.clear();
    control_sent_ = 0;
    if (control_.capacity() > control_bytes_kept) {
      control_ = {};
    }
  } else if (control_sent_ > control_bytes_kept && control_sent_ > control_.size() / 2) {
    control_.erase(control_.begin(), control_.begin() + static_cast<std::ptrdiff_t>(control_sent_));
    control_sent_ = 0;
  }
  return bytes - n;
}

std::uint32_t outbox::unsend(const block_ref& block) {
  const auto begun = blocks_.begin() + (front_sent_ > 0 ? 1 : 0);
  const auto last = std::remove_if(begun, blocks_.end(), [&](const queued& q) { return q.block == block; });
  const auto n = static_cast<std::uint32_t>(blocks_.end() - last);
  blocks_.erase(last, blocks_.end());
  return n;
}

void outbox::clear() {
  control_ = {};
  control_sent_ = 0;
  blocks_.clear();
  front_sent_ = 0;
}

}  // namespace shoal::net
