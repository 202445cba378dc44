#pragma once
// Asks one tracker, once: for peers, or how many there are. Which tracker, when, and what to make of a
// failure is the core's business (swarm::announce_schedule). The URL's scheme chooses between HTTP(S) and
// UDP.

#include <string>
#include <vector>

#include <shoal/announce/announce.hpp>
#include <shoal/net/http_client.hpp>
#include <shoal/net/udp_connections.hpp>

namespace shoal::net {

struct tracker_options {
  http_options http;               ///< its route and its deadline hold for UDP too
  udp_connections* udp = nullptr;  ///< where ids of UDP trackers are shared; null: each is had anew
};

/// The tracker's reply; a failure reason is a value in it. Its own words (warning, failure reason) are cut to
/// 512 bytes and freed of control characters.
awaitable<outcome<announce::announce_response>> announce_to(std::string tracker_url,
                                                            announce::announce_request request,
                                                            tracker_options options);

/// What the tracker counts in these torrents (BEP 48, 15), 74 at most; those that it does not know are left
/// out. A refusal is a failure with the tracker's reason in its subject.
awaitable<outcome<std::vector<announce::scrape_entry>>> scrape_at(std::string tracker_url,
                                                                  std::vector<sha1_digest> torrents,
                                                                  tracker_options options);

/// The tracker's URL as it may be shown: host and path, the query and any passkey-like path part cut.
std::string shown_url(const std::string& tracker_url);

}  // namespace shoal::net
