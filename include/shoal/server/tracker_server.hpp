#pragma once
// The tracker as a service: HTTP announces and scrapes (BEP 3, 7, 23, 48) on threads of its own.

#include <chrono>
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
  std::uint64_t seed = 0;  ///< of all chance
  std::size_t connections_max = 10'000;
  duration idle_max = std::chrono::seconds(30);  ///< a connection that says nothing is closed
  std::size_t request_bytes_max = 16 * 1024;
  bool full_scrape = false;
};

struct tracker_stats {
  registry::table_totals table;
  std::uint64_t connections = 0, requests = 0, bad_requests = 0;
};

class tracker_server {
 public:
  explicit tracker_server(tracker_settings s);
  ~tracker_server();

  outcome<void> start();
  /// The addresses with their real ports, in the order of the settings.
  std::vector<endpoint> listening() const;
  /// "http://ADDR:PORT/announce" of the first address; a loopback one for an unspecified address.
  std::string announce_url() const;
  tracker_stats stats() const;
  /// Stops accepting, lets replies under way go out, closes; at most `grace`.
  void stop(duration grace = std::chrono::seconds(2));

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace shoal::server
