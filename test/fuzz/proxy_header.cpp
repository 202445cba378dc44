// The PROXY protocol's headers: what is whole stays whole whatever follows, and its parts are cut.

#include "server/proxy_header.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "fuzz/require.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace shoal::server;
  using state = proxy_header::state;
  const auto input = std::as_bytes(std::span(data, size));
  const auto header = read_proxy_header(input);
  if (header.is != state::whole) {
    return 0;
  }
  require(header.bytes > 0 && header.bytes <= std::min(size, proxy_header_bytes_max));
  const auto again = read_proxy_header(input.first(header.bytes));
  require(again.is == state::whole && again.bytes == header.bytes && again.source == header.source);
  require(read_proxy_header(input.first(header.bytes - 1)).is != state::whole);
  return 0;
}
