// The payloads of extension messages. The first byte chooses which; what is read is written and read again.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include <shoal/wire/extension.hpp>
#include <shoal/wire/holepunch_message.hpp>
#include <shoal/wire/metadata_message.hpp>
#include <shoal/wire/pex_message.hpp>

#include "fuzz/require.hpp"

namespace {

using namespace shoal;

void metadata(byte_view in) {
  const auto frame = wire::decode_metadata_message(in);
  if (!frame || frame->msg.what == wire::metadata_message::kind::other) {
    return;
  }
  require(frame->data.size() <= in.size());
  const auto again = wire::encode(frame->msg, frame->data);
  const auto back = wire::decode_metadata_message(again);
  require(back.has_value() && back->msg == frame->msg && std::ranges::equal(back->data, frame->data));
}

void peers(byte_view in) {
  const auto message = wire::decode_pex_message(in);
  if (!message) {
    return;
  }
  require(message->added.size() <= 2 * wire::pex_message::peers_max);
  const auto back = wire::decode_pex_message(wire::encode(*message));
  require(back.has_value());
  // IPv4 in IPv6 clothes is written as IPv4, so one list may become longer than is read of it.
  require(message->added.size() > wire::pex_message::peers_max ||
          back->added.size() == message->added.size());
  require(message->dropped.size() > wire::pex_message::peers_max ||
          back->dropped.size() == message->dropped.size());
}

void holepunch(byte_view in) {
  const auto message = wire::decode_holepunch_message(in);
  if (message) {
    const auto back = wire::decode_holepunch_message(wire::encode(*message));
    require(back.has_value() && *back == *message);
  }
}

void handshake(byte_view in) {
  const auto h = wire::decode_extension_handshake(in);
  if (!h) {
    return;
  }
  const auto back = wire::decode_extension_handshake(wire::encode(*h));
  require(back.has_value() && *back == *h);
  for (const auto& [name, id] : h->ids) {
    const auto found = h->id_of(name);
    require(found && (*found == id || *found == 0));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const auto in = std::as_bytes(std::span(data, size)).subspan(1);
  switch (data[0] % 4) {
    case 0:
      metadata(in);
      break;
    case 1:
      handshake(in);
      break;
    case 2:
      peers(in);
      break;
    default:
      holepunch(in);
      break;
  }
  return 0;
}
