#pragma once
// The sending half of a link without its socket: what is queued, in which order it goes out, and what has
// gone.
//
// Control messages keep their order among themselves, blocks theirs; a control message overtakes every block
// that has not begun to go out. The caller bounds both: it asks for `control_bytes` and counts its blocks.

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <sys/uio.h>
#include <vector>

#include <shoal/base/bytes.hpp>
#include <shoal/base/strong.hpp>
#include <shoal/buffer/pool.hpp>
#include <shoal/net/peer_link.hpp>
#include <shoal/wire/codec.hpp>

namespace shoal::net {

class outbox {
 public:
  struct progress {
    std::uint64_t payload_bytes = 0;
    std::uint32_t blocks = 0;  ///< those that are out entirely
  };

  void push(outbound&& o);

  /// The next bytes to send, in order, as many parts as fit. Valid until the outbox is changed.
  std::size_t gather(std::span<iovec> parts) const;
  /// So many bytes of what `gather` gave have been sent.
  progress sent(std::size_t bytes);

  /// Takes out the blocks of which nothing has been sent yet; how many.
  std::uint32_t unsend(const block_ref& block);

  bool empty() const { return control_bytes() == 0 && blocks_.empty(); }
  std::size_t control_bytes() const { return control_.size() - control_sent_; }
  void clear();

 private:
  struct queued {
    std::array<std::byte, wire::piece_head_bytes> head;
    block_ref block;
    buffer::lease payload;

    std::size_t size() const { return head.size() + block.length; }
  };

  std::size_t send_front(std::size_t bytes, progress& p);
  std::size_t send_control(std::size_t bytes);

  std::vector<std::byte> control_;  ///< encoded
  std::size_t control_sent_ = 0;    ///< bytes at its front that are out
  std::deque<queued> blocks_;
  std::size_t front_sent_ =
      0;  ///< bytes of the first block that are out; it goes on before any control message
  std::vector<std::byte> encoded_;  ///< room for a head, kept
};

}  // namespace shoal::net
