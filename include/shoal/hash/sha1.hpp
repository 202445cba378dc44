#pragma once
// SHA-1 over OpenSSL. A piece is hashed from chunks, because its blocks stay in the buffers in which they
// were received; `sha1_many` takes several independent pieces at once, and where the machine has SHA
// instructions it interleaves four of them, which takes 0.4 of the time.

#include <memory>
#include <span>
#include <vector>

#include <shoal/base/bytes.hpp>
#include <shoal/hash/digest.hpp>

namespace shoal {

/// Incremental SHA-1. Costs about 0.5 s/GiB with SHA-NI.
class sha1_hasher {
 public:
  sha1_hasher();
  ~sha1_hasher();
  sha1_hasher(sha1_hasher&&) noexcept;
  sha1_hasher& operator=(sha1_hasher&&) noexcept;

  void update(byte_view bytes);
  /// The digest of all updates; the hasher starts anew.
  sha1_digest finish();

 private:
  struct state;
  std::unique_ptr<state> state_;
};

/// The digest of one run of bytes.
sha1_digest sha1(byte_view bytes);
sha256_digest sha256(byte_view bytes);

/// One message, as the chunks that make it when laid end to end.
using chunk_list = std::vector<byte_view>;

/// out[i] = SHA-1 of messages[i]; both have the same length.
void sha1_many(std::span<const chunk_list> messages, std::span<sha1_digest> out);

}  // namespace shoal
