#pragma once
// One announce over UDP: the machine of announce/udp_exchange.hpp behind a socket that is connected to the
// tracker, so that the kernel lets no other sender through and reports a port where nobody listens.

#include <string>

#include <shoal/announce/announce.hpp>
#include <shoal/net/tracker_client.hpp>

namespace shoal::net {

/// `url` begins with "udp://". Every address of the host is tried, within the deadline; the failure's subject
/// is the URL as it may be shown.
awaitable<outcome<announce::announce_response>> udp_announce(std::string url,
                                                             announce::announce_request request,
                                                             tracker_options options);

}  // namespace shoal::net
