#pragma once
// The reading half of a link on its socket: how much is read and whereto. Decoding is the inbox's, guessing
// is predicted_read's, and when to read is the link's.

#include <cstddef>
#include <optional>
#include <span>
#include <sys/uio.h>
#include <vector>

#include <shoal/base/result.hpp>
#include <shoal/buffer/pool.hpp>
#include <shoal/net/peer_link.hpp>
#include <shoal/wire/codec.hpp>
#include <shoal/wire/encryption.hpp>

#include "net/inbox.hpp"
#include "net/predicted_read.hpp"

namespace shoal::net {

class link_reader {
 public:
  struct got {
    result<inbox::verdict> verdict =
        inbox::verdict::hungry;  ///< or why the socket or the stream is at its end
    std::size_t bytes = 0;       ///< that the socket gave
    bool emptied = false;        ///< it has no more now
  };

  /// What the handshake left: the cipher of an encrypted connection, and bytes that came behind it.
  link_reader(wire::limits limits, buffer::pool& pool, std::optional<wire::mse::rc4> opening,
              std::vector<std::byte> early);

  /// A message that goes out: what it asks for is expected.
  void sending(const wire::message& m) { ahead_.sending(m); }

  /// Fills one batch with what is kept or else with what a non-blocking socket has now. What came before an
  /// error is in the batch.
  got read(int socket, inbound_batch& out);
  /// Whole frames are kept, which the next `read` begins with.
  bool backlog() const { return backlog_; }
  /// Gives back what is not in use.
  void trim();

 private:
  got read_socket(int socket, inbound_batch& out);
  void decrypt(std::span<const iovec> parts, std::size_t n);

  buffer::pool& pool_;
  inbox in_;
  predicted_read ahead_;
  std::optional<wire::mse::rc4> opening_;  ///< of an encrypted connection
  std::vector<std::byte> early_;           ///< came with the handshake, decrypted; not looked at yet
  bool backlog_;
};

}  // namespace shoal::net
