#pragma once
// Under which addresses others see us, by what peers ("yourip", BEP 10) and trackers (BEP 24) say. One of
// them may lie: an address counts when two say so, and of several the one that most say. Towards the own
// network it may be another one than towards the internet.

#include <array>
#include <cstddef>
#include <optional>
#include <vector>

#include <shoal/base/endpoint.hpp>
#include <shoal/base/reach.hpp>

namespace shoal::peer {

class outside_view {
 public:
  /// `by`: who says so; its last word counts. True when an answer of `towards` may have changed.
  bool told(const ip_address& by, const ip_address& us);
  /// As who is at `remote` would see us: of its family and its reach.
  std::optional<ip_address> towards(const ip_address& remote) const { return answers_[kind_of(remote)]; }

 private:
  static constexpr std::size_t witnesses_max = 32;
  static constexpr std::size_t agreeing_min = 2;

  struct witness {
    ip_address by, us;
  };

  static std::size_t kind_of(const ip_address& a) {
    return 2 * static_cast<std::size_t>(reach_of(a)) + (a.is_v4() ? 0 : 1);
  }
  std::optional<ip_address> most_said(std::size_t kind) const;

  std::vector<witness> witnesses_;                    // oldest first
  std::array<std::optional<ip_address>, 6> answers_;  // by family and reach
};

}  // namespace shoal::peer
