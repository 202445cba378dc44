#pragma once
// The least time in which a file can reach everybody, whatever the protocol: what completion times are held
// against.

#include <optional>

#include <shoal/lab/scenario.hpp>

namespace shoal::lab {

/// Kumar and Ross 2006 ("Peer-assisted file distribution: the minimum distribution time"): the largest of
///     F / d_min               the slowest downlink,
///     F / u_S                 every byte leaves the seeders once,
///     L F / (u_S + sum u_i)   L copies through all uplinks together,
/// where L counts those that are not to die and u_i the uplinks of those that give, in seconds from the
/// leechers' arrival, for leechers that arrive together with nothing and stay. Nothing when they do not,
/// since then the formula is no bound; 0 when no rate is limited. Links of sites are not considered.
std::optional<double> lower_bound_s(const scenario& s);

}  // namespace shoal::lab
