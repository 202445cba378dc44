#include <algorithm>
#include <array>
#include <cassert>
#include <chrono>
#include <string_view>

#include <shoal/hash/sha1.hpp>
#include <shoal/registry/snapshot.hpp>

namespace shoal::registry {

namespace {

constexpr std::string_view magic = "shoaltrk";
constexpr std::uint32_t version = 1;
constexpr duration tick_max = std::chrono::hours(24 * 30);
constexpr std::size_t head_bytes = 8 + 4 + 8 + 8;

sha1_digest digest_of(const sha1_digest& last, byte_view excerpts) {
  std::array<std::byte, 4> length_bytes{};
  span_writer length(length_bytes);
  length.u32(static_cast<std::uint32_t>(excerpts.size()));
  sha1_hasher hasher;
  hasher.update(last.view());
  hasher.update(length.written());
  hasher.update(excerpts);
  return hasher.finish();
}

/// Whether the blocks are whole, up to the end of the file.
bool are_sound(byte_view blocks, sha1_digest last) {
  byte_reader in(blocks);
  while (true) {
    const std::size_t length = in.u32();
    if (length > snapshot_block_bytes_max) {
      return false;
    }
    const byte_view excerpts = in.bytes(length);
    const auto digest = sha1_digest::from(in.bytes(sha1_digest::size));
    if (in.failed() || !digest || *digest != digest_of(last, excerpts)) {
      return false;
    }
    if (length == 0) {
      return in.remaining() == 0;
    }
    last = *digest;
  }
}

}  // namespace

snapshot_writer::snapshot_writer(const snapshot_head& head, std::vector<std::byte>& out) : out_(out) {
  const std::size_t start = out.size();
  byte_writer w(out_);
  w.text(magic);
  w.u32(version);
  w.u64(head.saved_at_ms);
  w.u64(static_cast<std::uint64_t>(head.tick.count()));
  last_ = sha1(byte_view(out_).subspan(start));
}

void snapshot_writer::block(byte_view excerpts) {
  assert(!excerpts.empty() && excerpts.size() <= snapshot_block_bytes_max);
  seal(excerpts);
}

void snapshot_writer::end() {
  seal({});
}

void snapshot_writer::seal(byte_view excerpts) {
  last_ = digest_of(last_, excerpts);
  byte_writer w(out_);
  w.u32(static_cast<std::uint32_t>(excerpts.size()));
  w.bytes(excerpts);
  w.bytes(last_.view());
}

result<snapshot_reader> snapshot_reader::open(byte_view file) {
  byte_reader in(file);
  if (as_text(in.bytes(magic.size())) != magic) {
    return errc::snapshot_foreign;
  }
  if (in.u32() != version) {
    return in.failed() ? errc::snapshot_torn : errc::snapshot_version;
  }
  snapshot_head head;
  head.saved_at_ms = in.u64();
  const std::uint64_t tick = in.u64();
  head.tick =
      duration(static_cast<std::int64_t>(std::min(tick, static_cast<std::uint64_t>(tick_max.count()))));
  if (in.failed() || tick == 0 || head.tick >= tick_max ||
      !are_sound(file.subspan(head_bytes), sha1(file.first(head_bytes)))) {
    return errc::snapshot_torn;
  }
  return snapshot_reader(head, file.subspan(head_bytes));
}

std::optional<byte_view> snapshot_reader::next() {
  byte_reader in(blocks_);
  const std::size_t length = in.u32();
  if (length == 0) {
    return std::nullopt;
  }
  const byte_view excerpts = in.bytes(length);
  blocks_ = blocks_.subspan(4 + length + sha1_digest::size);
  return excerpts;
}

}  // namespace shoal::registry
