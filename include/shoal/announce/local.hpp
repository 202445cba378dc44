#pragma once
// What peers call into their own network (BEP 14): a datagram to a multicast group that names torrents and
// the port where they are served.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <shoal/base/endpoint.hpp>
#include <shoal/base/result.hpp>
#include <shoal/hash/digest.hpp>

namespace shoal::announce {

/// 239.192.152.143:6771 and [ff15::efc0:988f]:6771.
endpoint local_group_v4();
endpoint local_group_v6();

struct local_announce {
  /// In one datagram, so that it is not cut up on its way (BEP 14: 1400 bytes).
  static constexpr std::size_t torrents_max = 20;

  std::uint16_t port = 0;
  std::vector<sha1_digest> torrents;  ///< at most torrents_max
  std::string cookie;  ///< by which a sender knows its own; at most 64 printable characters, empty for none

  friend bool operator==(const local_announce&, const local_announce&) = default;
};

/// As sent to `group`.
std::string write_local_announce(const local_announce& a, const endpoint& group);
/// Of any datagram. Torrents beyond the bound are left out, a cookie beyond its bound too. errc::bad_datagram
/// for what is none: another first line, no port, no torrent, a torrent that is not 40 hex digits.
result<local_announce> read_local_announce(std::string_view datagram);

}  // namespace shoal::announce
