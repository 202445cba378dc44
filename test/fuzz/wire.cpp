// The stream decoder: however a stream is cut, the same messages come out, and each one encodes to the bytes
// it came from. The first byte chooses the limits, the second how the rest is cut.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <variant>
#include <vector>

#include <shoal/base/rng.hpp>
#include <shoal/wire/codec.hpp>
#include <shoal/wire/extension.hpp>
#include <shoal/wire/handshake.hpp>

namespace {

using namespace shoal;

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

struct item {
  wire::message msg;
  std::vector<std::byte> payload;
  friend bool operator==(const item&, const item&) = default;
};

struct transcript {
  std::vector<item> items;
  error end;
  friend bool operator==(const transcript&, const transcript&) = default;
};

/// Decodes what is whole at the head of `in` and says how many bytes that were.
std::size_t drain(byte_view in, const wire::limits& limits, transcript& out) {
  std::size_t taken = 0;
  wire::frame f;
  while (true) {
    const byte_view rest = in.subspan(taken);
    std::size_t needed = 0;
    const auto n = wire::decode(rest, limits, f, &needed);
    if (n.has_error()) {
      out.end = n.error();
      return taken;
    }
    if (*n == 0) {
      require(needed > rest.size() && needed >= 4);
      return taken;
    }
    require(*n <= rest.size());
    if (!std::holds_alternative<wire::unknown>(f.msg)) {
      std::vector<std::byte> again;
      wire::encode(f.msg, again);
      again.insert(again.end(), f.payload.begin(), f.payload.end());
      require(std::ranges::equal(again, rest.first(*n)));
    }
    out.items.push_back({f.msg, {f.payload.begin(), f.payload.end()}});
    taken += *n;
  }
}

transcript in_parts(byte_view in, const wire::limits& limits, rng random) {
  transcript out;
  std::vector<std::byte> buffer;
  const std::uint64_t part_max = 1 + random.below(40);
  while (!in.empty() && !out.end) {
    const auto part = std::min<std::size_t>(in.size(), 1 + random.below(part_max));
    buffer.insert(buffer.end(), in.begin(), in.begin() + static_cast<std::ptrdiff_t>(part));
    in = in.subspan(part);
    const std::size_t taken = drain(buffer, limits, out);
    buffer.erase(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(taken));
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const byte_view in = std::as_bytes(std::span(data, size));
  if (const auto h = wire::decode_handshake(in)) {
    require(std::ranges::equal(wire::encode(*h), in.first(wire::handshake_bytes)));
  }
  if (const auto h = wire::decode_extension_handshake(in)) {
    require(wire::decode_extension_handshake(wire::encode(*h)).value() == *h);
  }
  if (in.size() < 2) {
    return 0;
  }
  wire::limits limits;
  if ((data[0] & 1U) != 0) {
    limits = {64, 16, 32, 16};
  }
  const byte_view stream = in.subspan(2);
  transcript whole;
  drain(stream, limits, whole);
  require(in_parts(stream, limits, rng(data[1])) == whole);
  return 0;
}
