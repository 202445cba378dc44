#pragma once
// A body that came packed by gzip (RFC 1952).
//
// The attacker considered: a server whose kilobytes become gigabytes. No more is unpacked than may be kept.

#include <cstddef>
#include <string>
#include <string_view>

#include <shoal/base/result.hpp>

namespace shoal::net {

/// What is packed; what comes behind it is passed over. `http_errc::body_too_large`, `incomplete_reply`, or
/// `not_http` for what is no gzip.
result<std::string> gunzip(std::string_view packed, std::size_t bytes_max);

}  // namespace shoal::net
