#pragma once
// What may be wrong with what a registry is given.

#include <shoal/base/result.hpp>

namespace shoal::registry {

enum class errc {
  snapshot_foreign = 1,  ///< not a snapshot at all
  snapshot_version,      ///< of another version of the format
  snapshot_torn,         ///< cut, or changed since it was written
  snapshot_old,          ///< so old that every peer in it has been silent too long
};
const boost::system::error_category& category();
inline error make_error_code(errc e) {
  return {static_cast<int>(e), category()};
}

}  // namespace shoal::registry

template <>
struct boost::system::is_error_code_enum<shoal::registry::errc> : std::true_type {};
