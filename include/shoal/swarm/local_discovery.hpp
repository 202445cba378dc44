#pragma once
// When to call our torrents into the network, and what to believe of others' calls (BEP 14). For all torrents
// of a session together; private ones are not told of here (BEP 27).
//
// The attacker considered: a host of the network that floods the group to fill the books, or names addresses
// of others. Only the sender's own address is believed, and of one second's calls so many at most.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <shoal/announce/local.hpp>
#include <shoal/base/endpoint.hpp>
#include <shoal/base/time.hpp>
#include <shoal/hash/digest.hpp>

namespace shoal::swarm {

class local_discovery {
 public:
  /// BEP 14 asks for five minutes, and for one at least.
  static constexpr duration interval = std::chrono::minutes(5);
  static constexpr duration interval_least = std::chrono::minutes(1);
  /// Calls a second that are believed at most; a tenth of it from one address.
  static constexpr unsigned heard_per_second_max = 100;

  /// `port`: where we listen. `cookie`: by which we know our own calls.
  local_discovery(std::uint16_t port, std::string cookie);

  /// The torrents that may be called now. What to send, each to every group: a new torrent at once, each one
  /// again after the interval; one that went and came back not sooner than after a minute.
  std::vector<announce::local_announce> round(instant now, std::span<const sha1_digest> torrents);

  /// A peer and its torrents, when the call is another's and there were not too many.
  std::optional<std::pair<endpoint, std::vector<sha1_digest>>> heard(instant now, const ip_address& from,
                                                                     std::string_view datagram);

 private:
  std::uint16_t port_;
  std::string cookie_;
  struct call {
    instant called;
    bool wanted = false;
  };
  std::unordered_map<sha1_digest, call> calls_;
  instant second_{};  // begin of the one that is counted
  unsigned heard_ = 0;
  std::unordered_map<ip_address, unsigned> heard_from_;
};

}  // namespace shoal::swarm
