#pragma once
// Where the bearers of announces' keys were last (BEP 3's `key`), so that one whose address changed is known
// again. Two generations: what has not been asked for through a whole one is forgotten with it, so nothing is
// ever searched for old entries. An entry is kept for one generation at least and two at most.

#include <cstdint>
#include <optional>
#include <utility>

#include <boost/unordered/unordered_flat_map.hpp>

#include "registry/peer_table.hpp"
#include "registry/ticks.hpp"

namespace shoal::registry {

template <std::size_t AddressBytes>
class key_index {
 public:
  using place = typename peer_record<AddressBytes>::place;

  /// `id` is here now; says where it was when that is another place. Without `admits`, one that is not known
  /// stays so.
  std::optional<place> move(std::uint64_t id, const place& here, std::uint64_t tick, bool admits) {
    const auto before = take(id, tick);
    if (before || admits) {
      now_.insert_or_assign(id, here);
    }
    return before != here ? before : std::nullopt;
  }
  /// Forgets it; says where it was.
  std::optional<place> take(std::uint64_t id, std::uint64_t tick) {
    turn(tick);
    std::optional<place> out;
    for (auto* const generation : {&now_, &before_}) {
      if (const auto found = generation->find(id); found != generation->end()) {
        if (!out) {
          out = found->second;
        }
        generation->erase(found);
      }
    }
    return out;
  }
  std::size_t size() const { return now_.size() + before_.size(); }
  std::size_t bytes() const {
    return (now_.bucket_count() + before_.bucket_count()) * (sizeof(std::pair<std::uint64_t, place>) + 1);
  }

 private:
  void turn(std::uint64_t tick) {
    if (tick <= begun_ + silence_ticks) {
      return;
    }
    before_ = std::exchange(now_, {});
    if (tick > begun_ + 2 * (silence_ticks + 1)) {
      before_.clear();  // nobody came through a whole generation
    }
    begun_ = tick;
  }

  boost::unordered_flat_map<std::uint64_t, place> now_, before_;
  std::uint64_t begun_ = 0;  // the tick in which this generation began
};

}  // namespace shoal::registry
