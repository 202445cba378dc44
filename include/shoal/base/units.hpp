#pragma once
// Sizes, rates and times as people write and read them.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <shoal/base/time.hpp>

namespace shoal {

/// Bytes from "8388608", "8MiB", "8 MiB", "1.5GiB", "512k"; a rate may end in "/s". Both "MiB" and "M" are
/// 2^20, "MB" is 10^6, "Mbit" 10^6 / 8; case does not matter. Nothing when it is no size or does not fit 63
/// bits.
std::optional<std::uint64_t> parse_bytes(std::string_view text);

/// A time from "90", "90s", "20 ms", "15m", "15 min", "2h", "1d"; seconds when there is no unit, at most a
/// hundred years. Nothing when it is no time; less than none is no time.
std::optional<duration> parse_duration(std::string_view text);

/// "512 B", "1.50 KiB", "8.00 MiB", "1.25 GiB".
std::string format_bytes(std::uint64_t bytes);
/// "8.00 MiB/s".
std::string format_rate(double bytes_per_s);
/// "0:07", "12:34", "3:05:09"; "--:--" for more than 99 hours.
std::string format_duration(duration d);

}  // namespace shoal
