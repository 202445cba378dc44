#pragma once
// One peer connection: bytes to messages, messages to bytes, nothing decided. It lives on a strand of its
// own; its owner (a torrent, on another strand) gets whole batches and gives whole batches.
//
// Reading: what the socket has is decoded in place; blocks are copied once into pooled buffers. A batch is
// handed over when the socket has no more for now. At most `batches_ahead_max` batches wait at the owner, and
// an empty buffer pool pauses reading: both reach the sender as TCP back-pressure. Writing: control messages
// before payload, everything queued in one gathered write of at most `blocks_per_write_max` blocks. Ending:
// by `close`, by the peer, by an error or by cancellation of the group. `on_closed` is called exactly once,
// after the last `on_received`.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <shoal/base/endpoint.hpp>
#include <shoal/base/result.hpp>
#include <shoal/base/strong.hpp>
#include <shoal/buffer/pool.hpp>
#include <shoal/net/asio.hpp>
#include <shoal/wire/codec.hpp>
#include <shoal/wire/handshake.hpp>
#include <shoal/wire/message.hpp>

namespace shoal::net {

/// Messages in the order in which they came; blocks[i] is the payload of the i-th `wire::piece` among them.
struct inbound_batch {
  std::vector<wire::message> messages;
  std::vector<buffer::lease> blocks;
  std::uint64_t bytes_total = 0;  ///< on the wire, payload and protocol
};

/// One message to send. A `wire::piece` carries its payload.
struct outbound {
  wire::message msg;
  buffer::lease block;
};

/// What a link tells its owner. Called on the link's strand: an implementation posts to its own and returns.
class link_owner {
 public:
  virtual ~link_owner() = default;
  /// The owner calls `peer_link::consumed()` when it has worked through the batch.
  virtual void on_received(peer_key who, inbound_batch&& batch) = 0;
  /// So much payload, in so many blocks, has been given to the kernel since the last call.
  virtual void on_sent(peer_key who, std::uint64_t payload_bytes, std::uint32_t blocks) = 0;
  /// The connection is over. `why` is `boost::asio::error::eof` when the peer closed it in good order.
  virtual void on_closed(peer_key who, error why) = 0;
};

/// A connected socket after both handshakes, and what came behind the other's.
struct established {
  tcp::socket socket;
  wire::handshake theirs;
  endpoint remote;
  bool outgoing = false;
};

class peer_link : public std::enable_shared_from_this<peer_link> {
 public:
  static constexpr std::size_t batches_ahead_max = 2;
  static constexpr std::size_t blocks_per_write_max = 128;

  /// The socket's executor must be a strand of its own. `owner` and `pool` outlive the link.
  peer_link(established e, peer_key key, wire::limits limits, link_owner& owner, buffer::pool& pool);
  ~peer_link();

  /// Reads and writes until the end; then `on_closed`. Spawn it on `executor()`, in a task_group.
  awaitable<void> run();

  // From any thread; they post to the link's strand.

  void send(std::vector<outbound> batch);
  /// Ends the connection; what is queued is not sent.
  void close(error why);
  /// Removes queued `piece` messages for this block (a cancel came); those already in a write go out.
  void unsend(block_ref block);
  /// One delivered batch has been worked through.
  void consumed();

  tcp::socket::executor_type executor() const;
  const endpoint& remote() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace shoal::net
