#pragma once
// What people type after an option, as values; or why it is not one, with an example of what would be.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <shoal/base/endpoint.hpp>
#include <shoal/base/near_prefix.hpp>
#include <shoal/base/time.hpp>
#include <shoal/metainfo/file_selection.hpp>

namespace shoal::app {

/// A value or the objection to it, one clause for people.
template <class T>
struct parsed {
  std::optional<T> value;
  std::string objection;
};

/// "8388608", "8MiB", "8 MiB/s".
parsed<std::uint64_t> parse_size(std::string_view text);
/// A size that is a power of two from 16 KiB to 128 MiB.
parsed<std::uint32_t> parse_piece_length(std::string_view text);
/// "10.0.0.1:6881", "[2001:db8::1]:6881", ":6881", "6881" (the last two: every address of this machine).
parsed<endpoint> parse_listen(std::string_view text);
/// "10.0.0.1:6881", "[2001:db8::1]:6881" or, where names may be looked up, "name:6881"; port and address must
/// be real.
parsed<endpoint> parse_peer(std::string_view text, bool may_look_up = true);
/// "90", "90s", "15m", "2h", "1d"; more than nothing.
parsed<duration> parse_time(std::string_view text);
/// http, https or udp with a host.
parsed<std::string> parse_tracker(std::string_view text);
/// http, https or ftp with a host.
parsed<std::string> parse_web_seed(std::string_view text);
/// "0,2,6-8,*.iso,docs/": numbers of files and patterns.
parsed<metainfo::file_selection> parse_files(std::string_view text);
/// 0 or more, such as 1.5.
parsed<double> parse_ratio(std::string_view text);
/// "24" or "24,64": how many bits of IPv4 and IPv6 addresses name a network; of IPv6 64 unless told.
parsed<near_prefix> parse_near(std::string_view text);
/// A whole number of 1 or more.
parsed<std::uint32_t> parse_count(std::string_view text);

/// Whether `text` reads as an address to listen on, rather than as a path.
inline bool looks_like_listen(std::string_view text) {
  return parse_listen(text).value.has_value();
}

}  // namespace shoal::app
