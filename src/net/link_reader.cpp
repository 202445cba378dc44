#include "net/link_reader.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "net/gathered_io.hpp"

namespace shoal::net {
namespace {

/// A piece frame: what a read may bring even when the pool has no buffer for it.
constexpr std::size_t piece_frame_bytes = wire::piece_head_bytes + block_bytes;

/// Shared by the links that run on this thread, so it may not be held over a suspension: call this from plain
/// functions only. About what stays in a core's own cache until it is copied on.
std::span<std::byte> thread_read_buffer() {
  thread_local const auto bytes = std::make_unique_for_overwrite<std::byte[]>(predicted_read::bytes_max);
  return {bytes.get(), predicted_read::bytes_max};
}

}  // namespace

link_reader::link_reader(wire::limits limits, buffer::pool& pool, std::optional<wire::mse::rc4> opening,
                         std::vector<std::byte> early)
    : pool_(pool),
      in_(limits, pool),
      ahead_(pool, in_),
      opening_(std::move(opening)),
      early_(std::move(early)),
      backlog_(!early_.empty()) {}

link_reader::got link_reader::read(int socket, inbound_batch& out) {
  got all;
  if (backlog_) {
    all.verdict = ahead_.feed(std::exchange(early_, {}), out);
  } else {
    all = read_socket(socket, out);
  }
  backlog_ = all.verdict && *all.verdict != inbox::verdict::hungry;
  return all;
}

/// One read, or a look and what is read behind it.
link_reader::got link_reader::read_socket(int socket, inbound_batch& out) {
  const auto room = thread_read_buffer();
  got all;
  const bool look = ahead_.should_look();
  bool looking = look;
  for (bool more = true; more; looking = false) {
    predicted_read::plan plan;
    const bool planned = !looking && ahead_.prepare(plan, look);
    // Bytes that no buffer waits for are better kept by the kernel, which tells the sender.
    const std::size_t most = looking ? predicted_read::look_bytes : room.size();
    iovec general{room.data(), std::min(most, (1 + pool_.available()) * piece_frame_bytes)};
    const auto parts = planned ? plan.parts() : std::span(&general, 1);
    error failed;
    const std::size_t n = receive_some(socket, parts, failed);
    all.emptied = n < bytes_of(parts);
    if (would_block(failed)) break;
    if (failed) {
      all.verdict = failed;
      break;
    }
    if (opening_) decrypt(parts, n);
    all.verdict = planned ? ahead_.settle(plan, n, room, out) : ahead_.feed(room.first(n), out);
    all.bytes += n;
    more = looking && !all.emptied && all.verdict && *all.verdict == inbox::verdict::hungry;
  }
  return all;
}

/// The first `n` bytes of what was read, where they lie.
void link_reader::decrypt(std::span<const iovec> parts, std::size_t n) {
  for (auto part = parts.begin(); n > 0; ++part) {
    const std::size_t here = std::min(n, part->iov_len);
    opening_->apply({static_cast<std::byte*>(part->iov_base), here});
    n -= here;
  }
}

void link_reader::trim() {
  in_.trim();
  ahead_.trim();
}

}  // namespace shoal::net
