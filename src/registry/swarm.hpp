#pragma once
// One swarm: its peers in tables, by address family and by whether they want anything.

#include <cstddef>
#include <cstdint>
#include <memory>

#include <shoal/base/strong.hpp>
#include <shoal/hash/digest.hpp>

#include "registry/peer_table.hpp"

namespace shoal::registry {

using swarm_slot = strong_index<struct swarm_slot_tag>;

template <std::size_t AddressBytes>
struct family_peers {
  peer_table<AddressBytes> wants;  ///< leechers
  peer_table<AddressBytes>
      gives;  ///< seeders, and partial seeds (BEP 21), to whom no seeder is of use either

  peer_table<AddressBytes>& of(bool is_giving) { return is_giving ? gives : wants; }
  std::uint32_t size() const { return wants.size() + gives.size(); }
  std::size_t bytes() const { return wants.bytes() + gives.bytes(); }
};

struct swarm {
  sha1_digest info_hash;
  std::uint32_t completed = 0;
  std::uint32_t partial_seeds = 0;
  std::uint8_t oldest = 0;   ///< no peer was last heard from before this tick (modulo 256)
  std::uint8_t emptied = 0;  ///< the tick (modulo 256) when its last peer left
  bool queued = false;       ///< in the queue of swarms that were empty
  bool in_use = false;       ///< else its slot is free
  family_peers<4> four;
  std::unique_ptr<family_peers<16>> six;  ///< most swarms need none

  std::uint32_t size() const { return four.size() + (six ? six->size() : 0); }
  /// Of memory, besides itself.
  std::size_t bytes() const { return four.bytes() + (six ? sizeof *six + six->bytes() : 0); }
  std::uint32_t seeders() const { return four.gives.size() + (six ? six->gives.size() : 0) - partial_seeds; }
  /// BEP 21 counts partial seeds among them.
  std::uint32_t leechers() const { return four.wants.size() + (six ? six->wants.size() : 0) + partial_seeds; }

  /// nullptr when there are none of the family.
  template <std::size_t AddressBytes>
  family_peers<AddressBytes>* family() {
    if constexpr (AddressBytes == 4) {
      return &four;
    } else {
      return six.get();
    }
  }
  template <std::size_t AddressBytes>
  family_peers<AddressBytes>& make_family() {
    if constexpr (AddressBytes == 16) {
      if (!six) {
        six = std::make_unique<family_peers<16>>();
      }
    }
    return *family<AddressBytes>();
  }
};
static_assert(sizeof(swarm) <= 72);  // a million swarms of two peers each weigh what their heads weigh

}  // namespace shoal::registry
