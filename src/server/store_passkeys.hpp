#pragma once
// Passkeys that a site keeps in the store, for all its trackers: the members of the set `shoal:passkeys`.

#include <shoal/base/time.hpp>
#include <shoal/net/asio.hpp>
#include <shoal/server/redis_address.hpp>

#include "server/admission.hpp"

namespace shoal::server {

/// Reads the set every `every` and has `door_keeper` require one of its members, until it is cancelled.
/// Nobody is admitted before it was read once. While the store is away, or has a member that is no passkey,
/// those read last count on. It is read in steps (SSCAN), so Redis serves others meanwhile. On `where`.
net::awaitable<void> follow_passkeys(net::strand where, redis_address at, duration every,
                                     admission& door_keeper);

}  // namespace shoal::server
