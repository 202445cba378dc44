#pragma once
// The receiving half of a link without its socket: a stream cut anywhere becomes batches of whole messages.
//
// Whole frames are decoded where they lie in the caller's buffer, each block copied once into a pooled one.
// Only what cannot be decoded yet is kept: the head of a frame whose rest has not come, or everything when
// the batch is full or the pool empty. So between frames an inbox holds no memory, and inside a frame no more
// than twice what has come of it: a length that lies about what will follow costs nothing.
//
// A batch has bounds of its own, since the caller's buffer holds sixteen blocks of an honest peer but
// nineteen thousand of one that sends blocks of one byte, each of which would take a whole pooled buffer.

#include <cstddef>
#include <vector>

#include <shoal/base/bytes.hpp>
#include <shoal/base/result.hpp>
#include <shoal/buffer/pool.hpp>
#include <shoal/net/peer_link.hpp>
#include <shoal/wire/codec.hpp>

namespace shoal::net {

class inbox {
 public:
  static constexpr std::size_t blocks_per_batch_max = 32;
  static constexpr std::size_t messages_per_batch_max = 4096;

  enum class verdict {
    hungry,   ///< everything whole is decoded: more bytes are needed
    full,     ///< the batch is at its bounds: feed again with a new one
    starved,  ///< the pool is empty: feed again when it is not
  };

  inbox(wire::limits limits, buffer::pool& pool);

  /// Decodes what was kept, then `fresh`, into `out`; keeps the rest. After an error, `out` has what was said
  /// before it and nothing further has a meaning.
  result<verdict> feed(byte_view fresh, inbound_batch& out);

  std::size_t kept_bytes() const { return kept().size(); }
  /// What could not be decoded yet.
  byte_view kept() const { return byte_view(kept_).subspan(head_); }
  /// The caller has taken what is kept back into its own hands; it is the head of the next `feed`.
  void forget_kept();
  /// Gives back memory that is not in use.
  void trim();

 private:
  struct step {
    std::size_t bytes = 0;  ///< of a decoded frame; 0 with a verdict
    verdict why = verdict::hungry;
  };

  result<verdict> feed_kept(byte_view& fresh, inbound_batch& out);
  result<verdict> feed_fresh(byte_view& fresh, inbound_batch& out);
  result<step> decode_one(byte_view in, inbound_batch& out);
  buffer::lease take_lease(std::size_t bytes_left, std::size_t blocks_so_far);
  void keep(byte_view rest);

  wire::limits limits_;
  buffer::pool& pool_;
  std::vector<std::byte> kept_;
  std::size_t head_ = 0;               ///< kept_ begins here
  std::size_t needed_;                 ///< bytes that the frame at head_ takes, as far as is known
  std::vector<buffer::lease> leases_;  ///< taken ahead within one feed, last first
};

}  // namespace shoal::net
