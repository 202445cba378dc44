#pragma once
// A session that listens: where it was told to, or at the next best place when nobody chose.

#include <functional>
#include <memory>

#include <shoal/session/session.hpp>

#include "app/console.hpp"

namespace shoal::app {

/// Complains when the address cannot be had. `chosen` is false for the default address: then another port
/// will do when it is taken. A machine without IPv6 that should listen on every address listens on its IPv4
/// ones.
std::unique_ptr<session> open_session(console& out, const session_settings& settings, bool chosen,
                                      const std::function<void(const session_event&)>& observer);

}  // namespace shoal::app
