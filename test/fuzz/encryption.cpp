// The encrypted handshake's machines. The first byte chooses the side and how the rest is cut; with the next
// bit the other side's key is a real one, so that what is behind it is reached.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include <shoal/wire/encryption.hpp>

#include "fuzz/require.hpp"

namespace {

using namespace shoal;
using namespace shoal::wire::mse;

private_key key_of(std::byte b) {
  private_key out;
  out.bytes.fill(b);
  return out;
}

void converse(encryption_handshake machine, byte_view in, std::size_t step) {
  std::size_t produced = machine.output().size();
  while (!in.empty() && !machine.done()) {
    const auto part = in.first(std::min(step, in.size()));
    in = in.subspan(part.size());
    auto fed = machine.feed(part);
    if (fed && machine.asked()) {
      machine.torrent({});
      fed = machine.feed({});
    }
    produced += machine.output().size();
    require(produced < 4096);
    if (!fed) {
      return;
    }
  }
  if (machine.done()) {
    machine.finish();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const auto in = std::as_bytes(std::span(data, size)).subspan(1);
  const std::size_t step = (data[0] & 4) != 0 ? 1 : 1000;
  const entropy chance{key_of(std::byte{3}), {}, 5};
  auto machine = (data[0] & 1) != 0 ? encryption_handshake::answerer({}, chance)
                                    : encryption_handshake::caller({}, {}, as_bytes("first"), chance);
  if ((data[0] & 2) != 0) {
    static const public_key real = public_key_of(key_of(std::byte{7}));
    require(machine.feed(real.view()).has_value());
  }
  converse(std::move(machine), in, step);
  return 0;
}
