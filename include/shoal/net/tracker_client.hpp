#pragma once
// Asks one tracker, once. Which tracker, when, and what to make of a failure is the core's business
// (swarm::announce_schedule). HTTP and HTTPS today; the scheme chooses, so UDP will be another branch here.

#include <string>

#include <shoal/announce/announce.hpp>
#include <shoal/net/http_client.hpp>

namespace shoal::net {

/// The tracker's reply; a failure reason is a value in it. Its own words (warning, failure reason) are cut to
/// 512 bytes and freed of control characters.
awaitable<outcome<announce::announce_response>> announce_to(std::string tracker_url,
                                                            announce::announce_request request,
                                                            http_options options);

/// The tracker's URL as it may be shown: host and path, the query and any passkey-like path part cut.
std::string shown_url(const std::string& tracker_url);

}  // namespace shoal::net
