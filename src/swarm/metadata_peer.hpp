#pragma once
// One peer, as the brain of a magnet link knows it.

#include <cstdint>
#include <optional>
#include <vector>

#include <shoal/swarm/metadata_core.hpp>

namespace shoal::swarm {

struct metadata_core::peer {
  peer_joined joined;
  std::optional<endpoint> listens_at;
  std::vector<wire::message> said;
  std::uint8_t metadata_id = 0;
  std::uint32_t oddities = 0;
  instant last_received{};
  instant last_sent{};
  bool useful = false;  // it has sent us a part
  bool dropping = false;
};

}  // namespace shoal::swarm
