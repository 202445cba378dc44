#pragma once
// A made-up result of the shape that runs have: a flash crowd whose pieces spread like rarest first would
// have them.

#include <algorithm>
#include <cmath>
#include <string>

#include <shoal/base/rng.hpp>
#include <shoal/lab/recorder.hpp>

namespace shoal::lab {

/// A seeder and two groups of `peers` leechers each; `pace` above 1 makes everything slower.
inline run_result sample_result(std::uint32_t peers, double pace = 1, std::string label = {}) {
  constexpr double mib = 1 << 20;
  run_result r;
  r.scenario.name = "sample";
  r.scenario.about = "A made-up flash crowd </script> with quick and slow peers";
  r.scenario.content_bytes = 256U << 20;
  r.scenario.piece_length = 1U << 20;
  r.scenario.groups = {
      {.name = "seeder", .role = role::seeder, .up = {8 * mib, 8 * mib}},
      {.name = "quick", .count = peers, .up = {8 * mib, 8 * mib}, .down = {80 * mib, 80 * mib}},
      {.name = "slow, \"thin\"", .count = peers, .up = {2 * mib, 4 * mib}, .down = {20 * mib, 20 * mib}}};
  r.label = std::move(label);
  r.seed = 1;
  r.wall_s = 2.5;
  r.events = 12'345'678;
  r.memory_bytes = 300U << 20;
  r.trace_digest = "0123456789abcdef";

  rng chance(7);
  const auto bytes = static_cast<double>(r.scenario.content_bytes);
  const double end = 50 * pace;
  r.peers.push_back({.group = group_index(0),
                     .joined_s = 0,
                     .up_bytes_per_s = 8 * mib,
                     .given = {0, 0, 0},
                     .taken = {0, 0, 0}});
  for (std::uint32_t g = 1; g <= 2; ++g) {
    for (std::uint32_t i = 0; i < peers; ++i) {
      peer_result p{.group = group_index(g), .joined_s = 0, .up_bytes_per_s = r.scenario.groups[g].up.of(i)};
      p.completed_s = pace * (38 + 4 * g + 3 * (chance.unit() + chance.unit() - 1));
      const auto part = [&](double of) {
        return static_cast<std::uint64_t>(bytes * of * (0.5 + chance.unit()));
      };
      p.given = g == 1 ? std::vector{std::uint64_t{0}, part(0.9), part(0.5)}
                       : std::vector{std::uint64_t{0}, part(0.2), part(0.4)};
      p.taken = {part(0.02), part(0.6), part(0.38)};
      p.wasted = part(0.003);
      r.peers[0].given[g] += p.taken[0];
      r.peers.push_back(std::move(p));
    }
  }
  r.peers.back().completed_s.reset();
  r.peers.back().left_s = 20 * pace;

  series_recorder recorder(r.scenario);
  std::vector<group_snapshot> groups(3);
  std::vector<std::uint32_t> copies(r.scenario.piece_count());
  double could = 0;
  for (double t = 0; t <= end; t = recorder.next_s()) {
    const double done = std::clamp(t / (42 * pace), 0.0, 1.0);
    for (std::uint32_t g = 1; g <= 2; ++g) {
      const auto complete =
          static_cast<std::uint32_t>(std::count_if(r.peers.begin(), r.peers.end(), [&](const peer_result& p) {
            return p.group == group_index(g) && p.completed_s && *p.completed_s <= t;
          }));
      groups[g] = {static_cast<std::uint64_t>(bytes * peers * done * (g == 1 ? 1.4 : 0.6)),
                   static_cast<std::uint64_t>(bytes * peers * std::min(1.0, done * (g == 1 ? 1.02 : 0.98))),
                   peers - complete, complete};
    }
    groups[0] = {static_cast<std::uint64_t>(8 * mib * t), 0, 0, 1};
    for (std::size_t i = 0; i < copies.size(); ++i) {
      const double left_seeder =
          34 * pace * static_cast<double>((i * 151) % copies.size()) / static_cast<double>(copies.size());
      const double age = std::max(0.0, t - left_seeder) / (8 * pace);
      copies[i] = 1 + static_cast<std::uint32_t>(2 * peers * (1 - std::exp(-age * age)));
    }
    could += t > 0 ? 8 * mib * 2 * peers : 0;
    recorder.take({t, groups, could, static_cast<std::uint64_t>(could * (0.5 + 0.4 * done)), copies});
  }
  r.series = recorder.finish();
  r.ended_s = end;
  r.notes = {"This result is made up."};
  return r;
}

}  // namespace shoal::lab
