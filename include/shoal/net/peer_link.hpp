#pragma once
// One peer connection: bytes to messages, messages to bytes, nothing decided. It lives on a strand of its
// own; its owner (a torrent, on another strand) gets whole batches and gives whole batches.
//
// Reading. One read, one batch. While answers come in the order of asking, blocks are read straight into
// pooled buffers; all else is read into a buffer that the links of a thread share, decoded in place, and its
// blocks copied once. A link keeps only the frame that is not whole yet, so an idle link holds no buffer. Two
// things pause reading, and both reach the sender as TCP back-pressure: `batches_ahead_max` batches that the
// owner has not `consumed`, and an empty pool (then what is decoded is handed over first).
//
// Writing. Control messages before payload, each kind in its own order, up to `blocks_per_write_max` blocks
// in one gathered write. A block that has begun to go out is finished first. The owner bounds the payload
// that it queues (it is told of what has gone); control messages are bounded here, since a peer that asks and
// does not read would make them pile up.
//
// Ending: by `close`, by the peer, by an error of the socket or the wire format, or by cancellation of the
// group; the first reason counts. `on_closed` is called exactly once, after the last `on_received`.
//
// Deliberately absent: any judgement of a message beyond its form, and any time-out. Who is silent, slow or
// rude is the owner's to know, by sweeps: a timer an operation would cost more than the operation.

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
#include <shoal/wire/encryption.hpp>
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
  /// The owner calls `peer_link::consumed()` when it has worked through the batch, which is never empty.
  virtual void on_received(peer_key who, inbound_batch&& batch) = 0;
  /// So many bytes of payload have been given to the kernel since the last call, and so many blocks have been
  /// sent to their last byte.
  virtual void on_sent(peer_key who, std::uint64_t payload_bytes, std::uint32_t blocks) = 0;
  /// `unsend` took these out, each as often as it stood in the queue; never empty.
  virtual void on_unsent(peer_key who, std::vector<block_ref>&& blocks) = 0;
  /// The connection is over. `why` is `boost::asio::error::eof` when the peer closed it in good order,
  /// `operation_aborted` when the group was cancelled. Nothing is called after it.
  virtual void on_closed(peer_key who, error why) = 0;
};

/// What an owner may ask of a connection, from any thread.
class link {
 public:
  virtual ~link() = default;
  virtual void send(std::vector<outbound> batch) = 0;
  /// Ends the connection; what is queued is not sent.
  virtual void close(error why) = 0;
  /// Removes queued `piece` messages for these blocks (cancels came); one that has begun to go out goes on.
  virtual void unsend(std::vector<block_ref> blocks) = 0;
  /// One delivered batch has been worked through.
  virtual void consumed() = 0;
};

/// A connected socket after both handshakes.
struct established {
  tcp::socket socket;
  wire::handshake theirs;
  endpoint remote;
  bool outgoing = false;
  wire::mse::secured stream;  ///< ciphers of an encrypted connection, and bytes that came with the handshake
};

/// A handle: the connection itself lives until `run` has returned, whoever holds this.
class peer_link final : public link {
 public:
  static constexpr std::size_t batches_ahead_max = 2;
  static constexpr std::size_t blocks_per_write_max = 128;
  /// Control bytes that the peer may leave unread before it is dropped with `errc::peer_reads_nothing`.
  static constexpr std::size_t control_bytes_max = 4U << 20;

  /// The socket's executor must be a strand of its own. `owner` and `pool` outlive the link's run.
  peer_link(established e, peer_key key, wire::limits limits, link_owner& owner, buffer::pool& pool);
  ~peer_link() override;
  peer_link(const peer_link&) = delete;
  peer_link& operator=(const peer_link&) = delete;

  /// Reads and writes until the end; then `on_closed`. Once; spawn it on `executor()`, in a task_group.
  awaitable<void> run();

  // Before, during and after `run`; they post to the link's strand.

  void send(std::vector<outbound> batch) override;
  void close(error why) override;
  void unsend(std::vector<block_ref> blocks) override;
  void consumed() override;

  tcp::socket::executor_type executor() const;
  const endpoint& remote() const;

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace shoal::net
