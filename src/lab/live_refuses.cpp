#include <algorithm>
#include <chrono>
#include <filesystem>

#include <shoal/base/units.hpp>
#include <shoal/lab/run_live.hpp>

namespace shoal::lab {

namespace {

/// Peers of one group that a machine may be asked to run as processes.
constexpr std::uint32_t processes_max = 2000;
/// What processes take to answer anyway; a scenario that asks for no more has it without namespaces.
constexpr duration own_latency_max = std::chrono::milliseconds(10);

/// Every leecher keeps a copy, and the seeders share one.
std::optional<std::string> lacking_space(const scenario& s, const live_options& live) {
  std::uint64_t copies = 1;
  for (const auto& g : s.groups) {
    copies += g.role == role::leecher ? g.count : 0;
  }
  std::error_code ec;
  const auto there = std::filesystem::space(live.folder.parent_path(), ec);
  const auto needed = static_cast<double>(copies) * static_cast<double>(s.content_bytes);
  if (ec || needed < static_cast<double>(there.available)) return std::nullopt;
  return format_bytes(static_cast<std::uint64_t>(std::min(needed, 1e18))) + " of copies in " +
         live.folder.parent_path().string() + ", where " + format_bytes(there.available) + " are free";
}

}  // namespace

std::optional<std::string> live_refuses(const scenario& s, const live_options& live) {
  if (const auto lacking = lacking_space(s, live)) return lacking;
  if (s.peer_count() > processes_max) return "more than " + std::to_string(processes_max) + " processes";
  if (s.tracker.policy != tell_rule::anybody) return "tracker.policy near";
  for (const auto& g : s.groups) {
    const auto& how = g.strategy;
    const auto who = "the group " + g.name + ": ";
    if (how.pick == pick_rule::random) return who + "pick random";
    if (!how.advises) return who + "give no advice";
    if (!how.lends_slots) return who + "keep their slots";
    if (!how.moves_requests) return who + "keep their requests";
    if (how.choke != choke_rule::standard) return who + "any choke but standard";
    if (how.neighbours_min > 0) return who + "neighbours.min";
    if (g.begins_with_pieces()) return who + "have";
    if (g.site) return who + "site";
    if (g.latency > own_latency_max && !live.namespaces) {
      return who + "a latency of more than 10 ms without --netns";
    }
  }
  for (const auto& f : s.faults) {
    if (std::holds_alternative<links_lose>(f.what) && !live.namespaces) return "links_lose without --netns";
    if (std::holds_alternative<network_parts>(f.what)) return "network_parts";
    if (std::holds_alternative<peers_lie>(f.what)) return "peers_lie";
    if (std::holds_alternative<disks_slow>(f.what)) return "disks_slow";
  }
  return std::nullopt;
}

}  // namespace shoal::lab
