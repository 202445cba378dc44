#include "net/sealed_writer.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <span>
#include <sys/uio.h>
#include <utility>

namespace shoal::net {
namespace {

/// Heads and payloads of the blocks of one bunch, the rest of a begun block, and control bytes.
constexpr std::size_t parts_max = 2 * 16 + 3;

}  // namespace

void sealed_writer::fill(outbox& out) {
  assert(empty());
  bunch_.clear();
  sent_ = 0;
  std::array<iovec, parts_max> room;
  for (const auto& part : std::span(room).first(out.gather(room))) {
    const auto* const from = static_cast<const std::byte*>(part.iov_base);
    const std::size_t n = std::min(part.iov_len, bunch_bytes_max - bunch_.size());
    bunch_.insert(bunch_.end(), from, from + n);
  }
  cipher_.apply(bunch_);
  taken_ = out.sent(bunch_.size());
}

outbox::progress sealed_writer::sent(std::size_t n) {
  sent_ += n;
  if (!empty()) {
    return {};
  }
  bunch_ = {};  // an idle link holds no buffer
  sent_ = 0;
  return std::exchange(taken_, {});
}

}  // namespace shoal::net
