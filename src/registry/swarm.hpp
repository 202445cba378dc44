#pragma once
// One swarm: its peers in four dense arrays, by family and role, so that any of them can be drawn by index.

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <shoal/base/time.hpp>
#include <shoal/hash/digest.hpp>

#include "registry/peer_store.hpp"

namespace shoal::registry {

enum class family : std::uint8_t { v4, v6 };

inline family family_of(const endpoint& e) {
  return e.address.is_v4() ? family::v4 : family::v6;
}
inline family other(family f) {
  return f == family::v4 ? family::v6 : family::v4;
}

struct swarm {
  sha1_digest info_hash;
  std::uint64_t completed = 0;
  instant emptied;      ///< when its last peer left
  bool queued = false;  ///< in the queue of swarms that were empty
  bool in_use = false;  ///< else its slot is free

  std::vector<peer_slot>& peers(family f, role r) { return peers_[index(f, r)]; }
  const std::vector<peer_slot>& peers(family f, role r) const { return peers_[index(f, r)]; }

  std::size_t count(role r) const { return peers(family::v4, r).size() + peers(family::v6, r).size(); }
  std::size_t count() const { return count(role::leecher) + count(role::seeder); }

  void enter(peer_store& store, peer_slot s) {
    peer_record& p = store[s];
    auto& into = peers(family_of(p.endpoint), p.role);
    p.position = static_cast<std::uint32_t>(into.size());
    into.push_back(s);
  }
  /// The last of its array takes its place.
  void leave(peer_store& store, peer_slot s) {
    const peer_record& p = store[s];
    auto& from = peers(family_of(p.endpoint), p.role);
    const peer_slot moved = from.back();
    from[p.position] = moved;
    store[moved].position = p.position;
    from.pop_back();
  }

 private:
  static std::size_t index(family f, role r) {
    return static_cast<std::size_t>(f) * 2 + static_cast<std::size_t>(r);
  }
  std::array<std::vector<peer_slot>, 4> peers_;
};

}  // namespace shoal::registry
