#include "session/neighbours.hpp"

#include <utility>

#include "session/services.hpp"

namespace shoal {

neighbours::neighbours(net::strand where, net::task_group& tasks, const endpoint& listening,
                       const net::route& by, std::string cookie, found f)
    : brain_(listening.port, std::move(cookie)), found_(std::move(f)) {
  const bool anywhere = listening.address.is_unspecified();
  for (const auto& group : {announce::local_group_v4(), announce::local_group_v6()}) {
    // Who listens on every IPv4 address is not to be had over IPv6; the other way round it is.
    const bool reachable =
        listening.address.is_v6() ? anywhere || group.address.is_v6() : group.address.is_v4();
    if (!reachable) continue;
    auto one = std::make_unique<net::multicast>(where, group);
    if (one->open(by)) continue;  // a machine without that family, or without a network
    tasks.spawn(where,
                one->run([this](const ip_address& from, std::string_view said) { heard(from, said); }));
    groups_.push_back(std::move(one));
  }
}

void neighbours::heard(const ip_address& from, std::string_view datagram) {
  const auto peer = brain_.heard(steady_now(), from, datagram);
  if (!peer) return;
  for (const auto& torrent : peer->second) {
    found_(torrent, peer->first);
  }
}

void neighbours::round(const std::vector<sha1_digest>& torrents) {
  if (groups_.empty()) return;
  for (const auto& call : brain_.round(steady_now(), torrents)) {
    for (const auto& group : groups_) {
      group->send(announce::write_local_announce(call, group->group()));
    }
  }
}

void neighbours::close() {
  for (const auto& group : groups_) {
    group->close();
  }
}

}  // namespace shoal
