// What a proxy says, cut in two ways: the first byte chooses the proxy's kind and whether we have a login.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "fuzz/require.hpp"
#include "net/proxy_handshake.hpp"

namespace {

using namespace shoal;

struct ending {
  error failed;
  std::size_t taken = 0;
  std::size_t said = 0;
  std::size_t wanted = 0;

  friend bool operator==(const ending&, const ending&) = default;
};

ending converse(const net::proxy& by, byte_view in, std::size_t step) {
  net::proxy_handshake talk(by, "tracker.example", 6969);
  ending out;
  while (!out.failed && out.taken < in.size() && talk.wanted() > 0) {
    const auto part = in.subspan(out.taken).first(std::min({step, talk.wanted(), in.size() - out.taken}));
    out.failed = talk.feed(part);
    out.taken += part.size();
    out.said += talk.output().size();
  }
  if (!out.failed) out.wanted = talk.wanted();
  require(out.said < 1024 && out.taken <= 8192 + 4 && out.wanted <= 300);
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  net::proxy by;
  by.how = (data[0] & 1) != 0 ? net::proxy::kind::http : net::proxy::kind::socks5;
  if ((data[0] & 2) != 0) by.user = by.password = "someone";
  const auto in = std::as_bytes(std::span(data, size)).subspan(1);
  const auto at_once = converse(by, in, 10'000);
  const auto in_drops = converse(by, in, 1);
  require(at_once.failed == in_drops.failed);
  require(at_once.failed || at_once == in_drops);
  return 0;
}
