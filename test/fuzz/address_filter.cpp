// Files that list addresses.

#include <cstddef>
#include <cstdint>
#include <span>

#include <shoal/peer/address_filter.hpp>

#include "fuzz/require.hpp"

using namespace shoal;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = as_text(std::as_bytes(std::span(data, size)));
  const auto filter = peer::address_filter::parse(text);
  require(filter.ranges() + filter.bad_lines() <= size + 1);
  require((filter.bad_lines() == 0) == (filter.first_bad_line() == 0));
  for (const auto& a :
       {ip_address(), ip_address::v4({255, 255, 255, 255}), ip_address::v6({1}), ip_address::v6({})}) {
    filter.blocks(a);
  }
  return 0;
}
