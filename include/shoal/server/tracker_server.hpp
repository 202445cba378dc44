#pragma once
// The tracker as a service: HTTP announces and scrapes (BEP 3, 7, 23, 48) on threads of its own.
//
// `/announce` and `/scrape` answer in bencoding, refusals included (status 200 and `failure reason`, as
// clients expect); `/stats` is JSON, `/` a line for people. A peer's address is the one its connection comes
// from: an `ip` in the request is ignored, or anyone could have the swarm connect to a victim. Connections
// are kept alive and pipelined requests answered in one write; a client that sends or reads too slowly is
// closed.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <shoal/base/endpoint.hpp>
#include <shoal/base/result.hpp>
#include <shoal/base/time.hpp>
#include <shoal/registry/swarm_table.hpp>

namespace shoal::server {

struct tracker_settings {
  std::vector<endpoint> listen;  ///< one or more; port 0 takes a free one
  unsigned threads = 1;
  registry::table_settings table;
  std::uint64_t seed = 0;                ///< of all chance
  std::size_t connections_max = 10'000;  ///< more are closed as they come
  /// A connection is closed when so long after its last reply (or its start) there is no whole request, or
  /// the reply has not been read.
  duration idle_max = std::chrono::seconds(30);
  std::size_t request_bytes_max = 16 * 1024;  ///< of one request's head
  bool full_scrape = false;                   ///< a scrape without info-hashes lists (up to 10,000) swarms
};

struct tracker_stats {
  registry::table_totals table;
  std::uint64_t connections = 0;  ///< open now
  std::uint64_t requests = 0, bad_requests = 0;
};

class tracker_server {
 public:
  explicit tracker_server(tracker_settings s);
  /// Stops, without grace.
  ~tracker_server();

  /// Once. When an address cannot be listened on nothing is left running.
  outcome<void> start();
  /// The addresses with their real ports, in the order of the settings.
  std::vector<endpoint> listening() const;
  /// "http://ADDR:PORT/announce" of the first address; a loopback one for an unspecified address.
  std::string announce_url() const;
  tracker_stats stats() const;
  /// Stops accepting, lets replies under way go out, closes; at most `grace`. The statistics stay.
  void stop(duration grace = std::chrono::seconds(2));

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace shoal::server
