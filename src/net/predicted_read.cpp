#include "net/predicted_read.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <utility>

namespace shoal::net {
namespace {

/// After a guess that was wrong at once.
constexpr unsigned looks_after_wrong = 16;

void write_u32(std::byte* at, std::uint32_t v) {
  for (int i = 3; i >= 0; --i, v >>= 8) {
    at[i] = static_cast<std::byte>(v);
  }
}

using head = std::array<std::byte, wire::piece_head_bytes>;

head head_of(const block_ref& b) {
  static const head begin = [] {
    std::vector<std::byte> encoded;
    wire::encode(wire::piece{}, encoded);
    head out;
    std::copy(encoded.begin(), encoded.end(), out.begin());
    return out;
  }();
  head out = begin;
  write_u32(out.data(), static_cast<std::uint32_t>(wire::piece_head_bytes - 4) + b.length);
  write_u32(out.data() + 5, b.piece.value());
  write_u32(out.data() + 9, b.begin);
  return out;
}

void deliver(const block_ref& b, buffer::lease data, inbound_batch& out) {
  out.messages.emplace_back(wire::piece{b});
  out.blocks.push_back(std::move(data));
  out.bytes_total += wire::piece_head_bytes + b.length;
}

}  // namespace

bool predicted_read::should_look() {
  if (looks_ == 0 || begun_.data || expected_.next().size() < blocks_least) return false;
  --looks_;
  return true;
}

bool predicted_read::worth_guessing() const {
  if (expected_.next().size() < blocks_least) return false;
  const byte_view kept = general_.kept();
  if (kept.size() >= wire::piece_head_bytes) return false;
  const head first = head_of(expected_.next().front());
  return std::equal(kept.begin(), kept.end(), first.begin());
}

bool predicted_read::prepare(plan& p, bool looked) {
  if (begun_.data) {
    p.put(begun_.data.data() + begun_.filled, begun_.block.length - begun_.filled);
  } else if (looked) {
    return false;
  }
  if (worth_guessing()) {
    p.blind_ = !begun_.data;
    const auto next = expected_.next();
    const std::size_t wanted = std::min(next.size(), reach_);
    if (spare_.size() < wanted) pool_.try_acquire(wanted - spare_.size(), spare_);
    p.blocks_ = std::min(wanted, spare_.size());
    p.kept_ = general_.kept_bytes();
    for (std::size_t i = 0; i < p.blocks_; ++i) {
      const std::size_t there = i == 0 ? p.kept_ : 0;
      p.put(p.heads_[i].data() + there, wire::piece_head_bytes - there);
      p.put(spare_[i].data(), next[i].length);
    }
  }
  return p.bytes() > 0;
}

/// Counts up to `n` bytes towards the begun block; what is left of them is returned.
std::size_t predicted_read::fill_begun(std::size_t n, inbound_batch& out) {
  if (!begun_.data) return n;
  const auto got = static_cast<std::uint32_t>(std::min<std::size_t>(n, begun_.block.length - begun_.filled));
  begun_.filled += got;
  if (begun_.filled == begun_.block.length) deliver(begun_.block, std::exchange(begun_.data, {}), out);
  return n - got;
}

result<inbox::verdict> predicted_read::feed(byte_view fresh, inbound_batch& out) {
  const std::size_t before = out.messages.size();
  const auto decoded = general_.feed(fresh, out);
  for (std::size_t i = before; i < out.messages.size(); ++i) {
    expected_.received(out.messages[i]);
  }
  if (decoded && *decoded == inbox::verdict::hungry) begin_kept();
  return decoded;
}

/// When the frame that is kept is the expected block, its rest need not be copied. Where buffers are scarce
/// it stays kept: peers that begin blocks and do not go on should hold no buffers.
void predicted_read::begin_kept() {
  const byte_view kept = general_.kept();
  if (kept.size() < wire::piece_head_bytes || expected_.next().empty()) return;
  const block_ref block = expected_.next().front();
  const head first = head_of(block);
  if (!std::equal(first.begin(), first.end(), kept.begin())) return;
  if (pool_.available() <= pool_.capacity() / 2) return;
  assert(!begun_.data);
  begun_ = {block, pool_.try_acquire(), 0};
  if (!begun_.data) return;
  const byte_view payload = kept.subspan(wire::piece_head_bytes);
  assert(payload.size() < block.length);
  std::memcpy(begun_.data.data(), payload.data(), payload.size());
  begun_.filled = static_cast<std::uint32_t>(payload.size());
  general_.forget_kept();
  expected_.drop_front(1);
}

/// The first `n` blocks of the plan came and have their buffers.
void predicted_read::took(std::size_t n) {
  expected_.drop_front(n);
  spare_.erase(spare_.begin(), spare_.begin() + static_cast<std::ptrdiff_t>(n));
}

result<inbox::verdict> predicted_read::settle(plan& p, std::size_t n, std::span<std::byte> room,
                                              inbound_batch& out) {
  assert(n > 0 && n <= p.bytes() && room.size() >= bytes_max);
  n = fill_begun(n, out);
  std::size_t used = 0;  // blocks of the plan whose heads came
  for (std::size_t i = 0; i < p.blocks_ && n > 0; ++i) {
    const std::size_t there = i == 0 ? p.kept_ : 0;
    const std::size_t fresh = std::min(n, wire::piece_head_bytes - there);
    n -= fresh;
    if (there > 0) {
      std::copy_n(general_.kept().begin(), there, p.heads_[i].begin());
      general_.forget_kept();
    }
    const block_ref block = expected_.next()[used];
    const bool whole = there + fresh == wire::piece_head_bytes;
    if (!whole || p.heads_[i] != head_of(block)) {
      if (whole) judge(p, used, true);
      const std::size_t size = lay_out(p, i, there + fresh, n, room);
      took(used);
      return feed(room.first(size), out);
    }
    const auto got = static_cast<std::uint32_t>(std::min<std::size_t>(n, block.length));
    n -= got;
    begun_ = {block, std::move(spare_[used++]), 0};
    fill_begun(got, out);
  }
  if (used > 0) judge(p, used, false);
  took(used);
  return inbox::verdict::hungry;
}

/// Lays the `nth` head, of which `head_bytes` are there, and the `n` bytes behind it end to end.
std::size_t predicted_read::lay_out(const plan& p, std::size_t nth, std::size_t head_bytes, std::size_t n,
                                    std::span<std::byte> room) {
  std::size_t size = 0;
  const auto append = [&](const void* from, std::size_t bytes) {
    std::memcpy(room.data() + size, from, bytes);
    size += bytes;
  };
  append(p.heads_[nth].data(), head_bytes);
  const std::size_t parts_before = p.parts_used_ - 2 * (p.blocks_ - nth);
  for (std::size_t part = parts_before + 1; n > 0; ++part) {
    const std::size_t bytes = std::min(n, p.parts_[part].iov_len);
    append(p.parts_[part].iov_base, bytes);
    n -= bytes;
  }
  return size;
}

void predicted_read::judge(const plan& p, std::size_t right, bool then_wrong) {
  if (then_wrong && right == 0 && p.blind_) {
    looks_ = looks_after_wrong;
  } else if (then_wrong) {
    reach_ = std::max<std::size_t>(right, 1);
  } else if (right == p.blocks_) {
    reach_ = std::min(2 * reach_, blocks_max);
  }
}

}  // namespace shoal::net
