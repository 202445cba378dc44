#pragma once
// The gateway between a session and the world: asked to let callers in where that is wanted.

#include <memory>

#include <shoal/net/port_mapper.hpp>

#include "session/services.hpp"

namespace shoal {

/// As the settings say; `s` is told of the port outside and outlives the mapper. Null where none is wanted.
std::unique_ptr<net::port_mapper> map_port(services& s);

}  // namespace shoal
