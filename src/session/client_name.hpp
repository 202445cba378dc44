#pragma once
// Which program a peer says it is (BEP 20), and how we say it.

#include <string>

#include <shoal/base/rng.hpp>
#include <shoal/hash/digest.hpp>

namespace shoal {

/// From the conventions of BEP 20 ("-TR3000-..." and "A2-1-36-0-..."); the printable head of the id where
/// neither fits.
std::string client_name(const peer_id& id);

/// "-SH0100-" and twelve random characters.
peer_id make_peer_id(rng& chance);

}  // namespace shoal
