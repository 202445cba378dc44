#pragma once
// What a service manager wants to hear from a service (sd_notify(3)), in its protocol of one datagram, and
// the sockets that it hands over (sd_listen_fds(3)).

#include <string_view>
#include <vector>

namespace shoal::app {

/// Such as "READY=1" or "STOPPING=1". Does nothing where no manager listens.
void tell_service_manager(std::string_view state);

/// The sockets that were opened for this process before it was started; once. They are not inherited further.
std::vector<int> take_inherited_sockets();

}  // namespace shoal::app
