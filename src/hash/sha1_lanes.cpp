#include "hash/sha1_lanes.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <utility>

namespace shoal::detail {

namespace {

/// A message as runs of whole blocks: out of its chunks where blocks lie in one, out of a scratch where they
/// do not, and at last the padding (FIPS 180-4, 5.1.1).
class block_runs {
 public:
  explicit block_runs(std::span<const byte_view> message = {}) : chunks_(message) {}

  /// The next run, not empty; empty when there are no more. What it gives stays until it is called again.
  byte_view next() {
    if (ended_) return {};
    skip_empty();
    if (!chunks_.empty() && chunks_.front().size() - used_ >= sha1_block_bytes) {
      const byte_view rest = chunks_.front().subspan(used_);
      return taken(rest.first(rest.size() - rest.size() % sha1_block_bytes));
    }
    std::size_t n = 0;
    while (n < sha1_block_bytes && !chunks_.empty()) {
      const byte_view rest = chunks_.front().subspan(used_);
      const byte_view part = taken(rest.first(std::min(rest.size(), sha1_block_bytes - n)));
      std::memcpy(scratch_.data() + n, part.data(), part.size());
      n += part.size();
      skip_empty();
    }
    return byte_view(scratch_).first(n == sha1_block_bytes ? n : pad(n));
  }

 private:
  void skip_empty() {
    while (!chunks_.empty() && used_ == chunks_.front().size()) {
      chunks_ = chunks_.subspan(1);
      used_ = 0;
    }
  }
  byte_view taken(byte_view part) {
    used_ += part.size();
    length_ += part.size();
    return part;
  }
  /// Completes `n` bytes in the scratch; returns the bytes of the one or two blocks that it has then.
  std::size_t pad(std::size_t n) {
    ended_ = true;
    const std::size_t end = n + 9 <= sha1_block_bytes ? sha1_block_bytes : 2 * sha1_block_bytes;
    scratch_[n] = std::byte{0x80};
    std::fill(scratch_.begin() + static_cast<std::ptrdiff_t>(n + 1),
              scratch_.begin() + static_cast<std::ptrdiff_t>(end), std::byte{0});
    std::uint64_t bits = length_ * 8;
    for (std::size_t i = 1; i <= 8; ++i, bits >>= 8) {
      scratch_[end - i] = static_cast<std::byte>(bits);
    }
    return end;
  }

  std::span<const byte_view> chunks_;
  std::size_t used_ = 0;      ///< bytes of the first chunk
  std::uint64_t length_ = 0;  ///< bytes so far
  bool ended_ = false;
  std::array<std::byte, 2 * sha1_block_bytes> scratch_;
};

sha1_digest digest_of(const sha1_lane& lane) {
  sha1_digest out;
  for (std::size_t i = 0; i < out.bytes.size(); ++i) {
    out.bytes[i] = static_cast<std::byte>(lane.hash[i / 4] >> (24 - 8 * (i % 4)));
  }
  return out;
}

/// The lanes in use come first and close up when one is freed; what feeds them does not move, since a lane's
/// data may lie in it.
class lanes {
 public:
  lanes() {
    for (std::size_t i = 0; i < sha1_lanes; ++i) {
      feed_[i] = &feeds_[i];
    }
  }

  std::size_t count() const { return count_; }

  void add(const chunk_list& message, sha1_digest& out) {
    lane_[count_] = {};
    *feed_[count_] = feed{block_runs(message), 0, &out};
    refill(count_++);
  }

  /// Compresses as far as every lane has blocks; lanes that then have none go on or are free.
  void advance(sha1_compress_fn compress) {
    std::size_t blocks = feed_[0]->blocks;
    for (std::size_t i = 1; i < count_; ++i) {
      blocks = std::min(blocks, feed_[i]->blocks);
    }
    compress(lane_.data(), count_, blocks);
    for (std::size_t i = count_; i-- > 0;) {
      feed_[i]->blocks -= blocks;
      if (feed_[i]->blocks == 0 && !refill(i)) free(i);
    }
  }

 private:
  struct feed {
    block_runs runs;
    std::size_t blocks = 0;  ///< left of the run
    sha1_digest* out = nullptr;
  };

  bool refill(std::size_t i) {
    const byte_view run = feed_[i]->runs.next();
    lane_[i].data = run.data();
    feed_[i]->blocks = run.size() / sha1_block_bytes;
    return !run.empty();
  }
  void free(std::size_t i) {
    *feed_[i]->out = digest_of(lane_[i]);
    --count_;
    lane_[i] = lane_[count_];
    std::swap(feed_[i], feed_[count_]);
  }

  std::size_t count_ = 0;
  std::array<sha1_lane, sha1_lanes> lane_;
  std::array<feed*, sha1_lanes> feed_;
  std::array<feed, sha1_lanes> feeds_;
};

}  // namespace

void sha1_in_lanes(sha1_compress_fn compress, std::span<const chunk_list> messages,
                   std::span<sha1_digest> out) {
  assert(messages.size() == out.size());
  lanes active;
  for (std::size_t next = 0; next < messages.size() || active.count() > 0;) {
    while (next < messages.size() && active.count() < sha1_lanes) {
      active.add(messages[next], out[next]);
      ++next;
    }
    active.advance(compress);
  }
}

}  // namespace shoal::detail
