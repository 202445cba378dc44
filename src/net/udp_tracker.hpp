#pragma once
// One announce or scrape over UDP: the machine of announce/udp_exchange.hpp behind a socket that is connected
// to the tracker, so that the kernel lets no other sender through and reports a port where nobody listens.

#include <string>

#include <shoal/announce/udp_exchange.hpp>
#include <shoal/net/tracker_client.hpp>

namespace shoal::net {

/// `url` begins with "udp://". Every address of the host is tried, within the deadline; the failure's subject
/// is the URL as it may be shown.
awaitable<outcome<announce::udp::exchange::answer>> ask_over_udp(std::string url,
                                                                 announce::udp::exchange::question question,
                                                                 tracker_options options);

}  // namespace shoal::net
