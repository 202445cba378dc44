#include "lab/precision.hpp"

#include <algorithm>
#include <chrono>
#include <variant>

#include <shoal/base/strong.hpp>

namespace shoal::lab {

namespace {

/// Blocks of a whole run, all peers: above, requests are for larger ones.
constexpr std::uint64_t blocks_max = 30'000'000;
/// The same, in blocks of 16 KiB, up to which each block and message comes at its own instant.
constexpr std::uint64_t blocks_alone_max = 4'000'000;
/// Peers from which on they do not, however little they fetch.
constexpr std::uint32_t many_peers = 4000;
/// Those of which one tick's work no longer fits into any cache: they are visited less often, and do more
/// each time, whenever much happens.
constexpr std::uint32_t very_many_peers = 40'000;
constexpr duration tick = std::chrono::milliseconds(10);
constexpr duration long_tick = 10 * tick;

/// Of those that come one after another without end, some may be too late for the experiment.
std::uint32_t peers_to_come(const scenario& s) {
  double out = 0;
  for (const auto& g : s.groups) {
    const auto* const poisson = std::get_if<arrive_poisson>(&g.arrival);
    const double in_time =
        poisson != nullptr ? poisson->per_s * to_seconds(s.time_max - poisson->from) : g.count;
    out += std::clamp(in_time, 0.0, static_cast<double>(g.count));
  }
  return static_cast<std::uint32_t>(out);
}

std::uint32_t block_length_for(const scenario& s, std::uint64_t bytes) {
  if (s.simulation.block_length != 0) {
    return s.simulation.block_length;
  }
  std::uint64_t length = block_bytes;
  while (length * 2 <= s.piece_length && bytes / length > blocks_max) {
    length *= 2;
  }
  return static_cast<std::uint32_t>(length);
}

duration tick_for(const scenario& s, std::uint32_t peers, std::uint64_t bytes) {
  if (s.simulation.tick) {
    return *s.simulation.tick;
  }
  if (peers > very_many_peers) {
    return long_tick;
  }
  return peers > many_peers || bytes / block_bytes > blocks_alone_max ? tick : duration{};
}

}  // namespace

precision precision_for(const scenario& s) {
  const auto peers = peers_to_come(s);
  const std::uint64_t bytes = s.content_bytes * peers;
  const duration each = tick_for(s, peers, bytes);
  return {block_length_for(s, bytes), each, s.simulation.tick ? each : std::min(each, tick),
          peers > many_peers};
}

}  // namespace shoal::lab
