#pragma once
// What a service manager wants to hear from a service (sd_notify(3)), in its protocol of one datagram.

#include <string_view>

namespace shoal::app {

/// Such as "READY=1" or "STOPPING=1". Does nothing where no manager listens.
void tell_service_manager(std::string_view state);

}  // namespace shoal::app
