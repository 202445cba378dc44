#pragma once
// Local discovery for a whole session (BEP 14): calls the torrents that may be called, and tells of peers
// that call theirs. On one strand, the session's.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <shoal/base/endpoint.hpp>
#include <shoal/hash/digest.hpp>
#include <shoal/net/asio.hpp>
#include <shoal/net/multicast.hpp>
#include <shoal/net/task_group.hpp>
#include <shoal/swarm/local_discovery.hpp>

namespace shoal {

class neighbours {
 public:
  using found = std::function<void(const sha1_digest& torrent, const endpoint& peer)>;

  /// `listening`: where peers reach us; `by`: how calls leave.
  neighbours(net::strand where, net::task_group& tasks, const endpoint& listening, const net::route& by,
             std::string cookie, found f);

  /// Once a second; the torrents that may be called.
  void round(const std::vector<sha1_digest>& torrents);
  void close();

 private:
  void heard(const ip_address& from, std::string_view datagram);

  swarm::local_discovery brain_;
  found found_;
  std::vector<std::unique_ptr<net::multicast>> groups_;
};

}  // namespace shoal
