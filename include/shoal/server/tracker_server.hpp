#pragma once
// The tracker as a service: announces and scrapes by HTTP (BEP 3, 7, 23, 48) and by UDP (BEP 15) on the same
// port number, from the same swarms, on threads of its own.
//
// `/announce` and `/scrape` answer in bencoding, refusals included (status 200 and `failure reason`, as
// clients expect); `/stats` is JSON, `/metrics` is for Prometheus, `/health` for load balancers, `/` for
// people. A peer's address is the one its connection or datagram comes from: an `ip` in the request is
// ignored, but for proxies that are trusted, or anyone could have the swarm connect to a victim.
// Connections are kept alive and pipelined requests answered in one write; a client that sends or reads too
// slowly is closed.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <shoal/base/endpoint.hpp>
#include <shoal/base/result.hpp>
#include <shoal/base/time.hpp>
#include <shoal/registry/info_hash_list.hpp>
#include <shoal/registry/passkey_list.hpp>
#include <shoal/registry/swarm_table.hpp>
#include <shoal/server/redis_address.hpp>
#include <shoal/server/token_keys.hpp>

namespace shoal::server {

/// Which torrents a tracker serves; a list of info-hashes says which, or which not.
enum class torrents_served : std::uint8_t { all, listed, not_listed };

struct tracker_settings {
  std::vector<endpoint> listen;  ///< port 0 takes a free one
  /// Sockets that are bound, and listen if they are TCP's, such as a service manager hands over; the server
  /// owns them from `start` on. With these, or `listen`, or both, there must be one.
  std::vector<int> inherited;
  unsigned threads = 1;
  registry::table_settings table;
  std::uint64_t seed = 0;                 ///< of all chance but the connection ids'
  std::array<std::uint64_t, 2> id_key{};  ///< of the UDP connection ids: chance that nobody can foretell
  std::size_t connections_max = 10'000;   ///< beyond, one that says nothing is closed for each that comes
  /// A connection is closed when so long after its last reply (or its start) there is no whole request, or
  /// the reply has not been read.
  duration idle_max = std::chrono::seconds(30);
  std::size_t request_bytes_max = 16 * 1024;  ///< of one request's head
  /// Requests a second from one IPv4 address or IPv6 /64, ten seconds' worth at once; 0 for no limit.
  std::uint32_t requests_per_s_max = 0;
  /// Of connections from these the peer's address is the last of `X-Forwarded-For` that is none of them, or
  /// else the announce's `ip`.
  std::vector<ip_address> trusted_proxies;
  /// Connections from these proxies begin with a header of the PROXY protocol, version 1 or 2, whose address
  /// is the client's; one that does not is closed.
  bool proxy_protocol = false;
  /// Where the swarms are kept between two runs; empty for nowhere.
  std::filesystem::path snapshot;
  duration snapshot_every = std::chrono::minutes(5);
  /// Through which swarms are shared with other trackers, all of which have the same interval.
  std::optional<redis_address> store;
  /// Who asks must show one of the passkeys in the store's set `shoal:passkeys`, which is read every
  /// `store_passkeys_every`; see `require_passkeys`. Needs `store`.
  bool store_passkeys = false;
  duration store_passkeys_every = std::chrono::seconds(5);
  bool full_scrape = false;  ///< a scrape without info-hashes lists all swarms
};

/// How it goes with what is shared between trackers.
struct store_state {
  bool connected = false;        ///< both ways
  std::uint64_t sent_bytes = 0;  ///< of news
  std::uint64_t learnt = 0;      ///< records of peers that announced to others
  std::uint64_t breaks = 0;      ///< how often a connection was lost or not had
};

struct tracker_stats {
  registry::table_totals table;
  std::uint64_t connections = 0;                 ///< open now
  std::uint64_t requests = 0, bad_requests = 0;  ///< of both protocols
  std::uint64_t datagrams = 0;                   ///< the requests that came by UDP
  std::optional<store_state> store;              ///< when there is one
};

class tracker_server {
 public:
  explicit tracker_server(tracker_settings s);
  /// Stops, without grace.
  ~tracker_server();

  /// Once. When an address cannot be listened on nothing is left running.
  outcome<void> start();
  /// What became of the snapshot at the start: false when there was none, a failure when it was ignored.
  const outcome<bool>& restored() const;
  /// The addresses, of TCP and UDP, with their real ports, in the order of the settings.
  std::vector<endpoint> listening() const;
  /// "http://ADDR:PORT/announce" of the first address; a loopback one for an unspecified address.
  std::string announce_url() const;
  tracker_stats stats() const;
  /// From now on; announces of others are refused with a reason, and their peers are forgotten in time. All
  /// are served until it is called.
  void set_torrents_served(torrents_served which, registry::info_hash_list list);
  /// From now on announces and scrapes must show one of these passkeys as the first part of their path
  /// (`/PASSKEY/announce`; by UDP in BEP 41's URL data), or a token when `require_tokens` was called too.
  void require_passkeys(registry::passkey_list keys);
  /// From now on they must show a token that names their torrent, in the parameter `jwt` or in the passkey's
  /// place, or a passkey when `require_passkeys` was called too.
  void require_tokens(token_keys keys);
  /// From now on connections may be TLS, on the same port: they are told apart by their first byte. PEM
  /// files; may be called again, for a new certificate.
  outcome<void> set_certificate(const std::string& chain_file, const std::string& key_file);
  /// Stops accepting, lets replies under way go out, closes; at most `grace`. The statistics stay. Then saves
  /// the snapshot; a failure when that cannot be done.
  outcome<void> stop(duration grace = std::chrono::seconds(2));

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace shoal::server
