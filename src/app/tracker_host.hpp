#pragma once
// The tracker inside this process: for `tracker`, and for `seed --with-tracker`.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <shoal/server/tracker_server.hpp>

#include "app/own_address.hpp"

namespace shoal::app {

struct running_tracker {
  std::unique_ptr<server::tracker_server> server;
  reachable at;
  std::string announce_url;  ///< for others
};

/// Starts it or complains; `option` is what chooses another address. A machine without IPv6 that should
/// listen on every address listens on its IPv4 ones.
/// `prepare` is called before anybody is answered.
running_tracker start_tracker(server::tracker_settings settings, const std::string& option,
                              const std::function<void(server::tracker_server&)>& prepare = {});

/// What people should know about the address; `option` chooses another. Empty when it is as they chose it.
std::string address_remark(const reachable& r, const std::string& option);

}  // namespace shoal::app
