#pragma once
// A tracker that runs, and what it says to those who announce.

#include <set>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include <shoal/announce/announce.hpp>
#include <shoal/server/tracker_server.hpp>

#include "server/raw_client.hpp"

namespace shoal::server::test {

/// The same, and a free port of 127.0.0.1 to listen on.
inline tracker_settings on_loopback(tracker_settings s = {}) {
  s.listen.push_back(*endpoint::parse("127.0.0.1:0"));
  return s;
}

struct running {
  tracker_server server;

  explicit running(tracker_settings s = {}) : server(on_loopback(std::move(s))) {
    const auto started = server.start();
    REQUIRE(started.has_value());
  }
  endpoint at() const { return server.listening().front(); }
};

inline announce::announce_response read_announce(const reply& r) {
  CHECK(r.status == 200);
  auto parsed = announce::parse_announce_response(as_bytes(r.body));
  REQUIRE(parsed.has_value());
  return *parsed;
}

using names = std::set<std::string>;

inline names peers(const announce::announce_response& r) {
  names out;
  for (const auto& p : r.peers) {
    out.insert(p.endpoint.to_string());
  }
  return out;
}

}  // namespace shoal::server::test
