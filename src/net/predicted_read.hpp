#pragma once
// Reads blocks to where they belong. A peer that answers in the order of asking sends a stream whose next
// bytes are known but for the payload: thirteen bytes of head, a block, a head, a block. So one scattered
// read can put each block into a pooled buffer of its own, with no copy in user space.
//
// The guess is checked head by head. At the first one that is not what was expected the bytes from there on
// are laid end to end and given to the general decoder (`inbox`), which stays the one truth about the
// stream: what comes out is the same as if it had read everything.
//
// What does not fit is mostly what a peer says for its own part, haves and requests, before it goes on with
// its blocks. So after a guess that was wrong at once the next reads look first: a little is read generally,
// and when it ends inside the expected block, that one's payload goes on into a pooled buffer and the guess
// begins behind it.
//
// A wrong guess copies what follows it twice, where general reading copies once and right guesses not at
// all. Guesses reach no further than the last one was right, and twice as far after each that was right to
// its end: a peer that breaks the order on purpose costs little more than one that is never guessed at.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <sys/uio.h>
#include <vector>

#include <shoal/base/result.hpp>
#include <shoal/buffer/pool.hpp>
#include <shoal/net/peer_link.hpp>
#include <shoal/wire/codec.hpp>

#include "net/expected_answers.hpp"
#include "net/inbox.hpp"

namespace shoal::net {

class predicted_read {
 public:
  static constexpr std::size_t blocks_max = 16;
  /// What a look reads: the control messages of a busy peer, most times.
  static constexpr std::size_t look_bytes = 1024;
  /// Fewer expected blocks than this are not worth the parts.
  static constexpr std::size_t blocks_least = 4;
  /// The most that one read can bring, and so the room that `settle` may need.
  static constexpr std::size_t bytes_max =
      (blocks_max + 1) * (wire::piece_head_bytes + std::size_t{block_bytes});

  /// Where the next bytes are to go: in order the rest of a begun block, then head and block of each
  /// expected one. Lives from `prepare` to `settle`, which belong to one read.
  class plan {
   public:
    std::span<iovec> parts() { return std::span(parts_).first(parts_used_); }
    std::size_t bytes() const { return bytes_; }

   private:
    friend class predicted_read;
    void put(std::byte* at, std::size_t n) {
      parts_[parts_used_++] = {at, n};
      bytes_ += n;
    }

    using head = std::array<std::byte, wire::piece_head_bytes>;
    std::array<iovec, 2 * blocks_max + 1> parts_;
    std::size_t parts_used_ = 0;
    std::size_t bytes_ = 0;
    std::array<head, blocks_max> heads_;
    std::size_t blocks_ = 0;
    std::size_t kept_ = 0;  ///< bytes of the first head that came with an earlier read
    bool blind_ = false;    ///< nothing that came says that a block comes next
  };

  predicted_read(buffer::pool& pool, inbox& general) : pool_(pool), general_(general) {}

  /// A message that goes out: what it asks for is expected.
  void sending(const wire::message& m) { expected_.sending(m); }

  /// Whether `look_bytes` should be read and fed first, without a plan. Ask once for each read.
  bool should_look();
  /// `inbox::feed`, for bytes that were read without a plan.
  result<inbox::verdict> feed(byte_view fresh, inbound_batch& out);
  /// False when nothing can be foretold, or no buffer is free: then read into any room and feed the inbox.
  /// After a look only what it has begun is foretold.
  bool prepare(plan& p, bool looked = false);
  /// `n` (> 0) bytes were read into the plan's parts. As `inbox::feed`; `room` is scratch of `bytes_max`.
  result<inbox::verdict> settle(plan& p, std::size_t n, std::span<std::byte> room, inbound_batch& out);

  /// Gives back the buffers that wait for a next read; a begun block keeps its own.
  void trim() { spare_.clear(); }

 private:
  struct begun_block {
    block_ref block;
    buffer::lease data;
    std::uint32_t filled = 0;  ///< bytes
  };

  bool worth_guessing() const;
  void begin_kept();
  std::size_t fill_begun(std::size_t n, inbound_batch& out);
  void judge(const plan& p, std::size_t right, bool then_wrong);
  void took(std::size_t n);
  static std::size_t lay_out(const plan& p, std::size_t nth, std::size_t head_bytes, std::size_t n,
                             std::span<std::byte> room);

  buffer::pool& pool_;
  inbox& general_;
  expected_answers expected_;
  begun_block begun_;
  std::vector<buffer::lease> spare_;  // for the blocks of the plan, in order
  std::size_t reach_ = blocks_max;    ///< of the next guess, blocks
  unsigned looks_ = 0;                ///< reads that still begin with a look
};

}  // namespace shoal::net
