// What comes to the port of a request to a gateway, after twelve bytes of nonce.

#include "net/pcp.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "fuzz/require.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace shoal;
  net::pcp_map_request asked;
  const auto in = std::as_bytes(std::span(data, size));
  if (in.size() < asked.nonce.size()) return 0;
  std::ranges::copy(in.first(asked.nonce.size()), asked.nonce.begin());
  asked.port = 6881;
  const auto bytes = in.subspan(asked.nonce.size());
  const auto reply = net::decode_pcp_reply(bytes, asked);
  if (!reply) return 0;
  require(bytes.size() >= net::pcp_map_bytes && bytes.size() % 4 == 0);
  require(std::ranges::search(bytes, asked.nonce).begin() != bytes.end());
  require(reply->outside.address == *ip_address::parse(reply->outside.address.to_string()));
  return 0;
}
