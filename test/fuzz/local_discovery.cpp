// Calls of local discovery. What is read is written and read again.

#include <cstddef>
#include <cstdint>
#include <span>

#include <shoal/announce/local.hpp>

#include "fuzz/require.hpp"

using namespace shoal;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto call = announce::read_local_announce(as_text(std::as_bytes(std::span(data, size))));
  if (!call) {
    return 0;
  }
  require(call->port != 0 && !call->torrents.empty());
  require(call->torrents.size() <= announce::local_announce::torrents_max);
  for (const auto& group : {announce::local_group_v4(), announce::local_group_v6()}) {
    const auto again = announce::write_local_announce(*call, group);
    require(again.size() <= 1400);
    require(announce::read_local_announce(again) == *call);
  }
  return 0;
}
