#pragma once
// What can go wrong with a peer connection besides what the operating system and the wire codec name.

#include <type_traits>

#include <shoal/base/result.hpp>

namespace shoal::net {

enum class errc {
  deadline_passed = 1,
  wrong_torrent,       ///< the other side answered for another info-hash, or asked for one we do not have
  connected_to_self,   ///< the other side has our own peer id
  no_such_interface,   ///< nothing can leave by the interface or address that was asked for
  peer_reads_nothing,  ///< what we have to say piles up because the other side does not read it
  plaintext_refused,   ///< the other side does not encrypt, and we were told to speak no other way
  no_such_congestion_control,  ///< the kernel does not have it, or does not let us choose it
};
const boost::system::error_category& category();
inline error make_error_code(errc e) {
  return {static_cast<int>(e), category()};
}

}  // namespace shoal::net

template <>
struct boost::system::is_error_code_enum<shoal::net::errc> : std::true_type {};
