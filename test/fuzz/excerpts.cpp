// What a tracker reads of other trackers and of itself: snapshots and excerpts. Learning from anything leaves
// a table that saves and learns the same again.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <shoal/registry/snapshot.hpp>
#include <shoal/registry/swarm_table.hpp>

#include "fuzz/require.hpp"

namespace {

using namespace shoal;
using namespace shoal::registry;

constexpr instant now{std::chrono::hours(5)};

void teach(swarm_table& t, byte_view excerpts, const lesson& how) {
  byte_reader in(excerpts);
  while (const auto e = next_excerpt(in)) {
    t.learn(now, *e, how);
  }
}

std::vector<std::byte> saved(const swarm_table& t) {
  std::vector<std::byte> out;
  swarm_table::walk at;
  while (!t.save(now, at, 100, false, out)) {
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = std::as_bytes(std::span(data, size));
  if (auto file = snapshot_reader::open(input)) {
    while (file->next()) {
    }
  }
  table_settings s;
  s.peers_max = 500;
  s.swarms_max = 50;
  swarm_table first(s, 1);
  teach(first, input, {std::chrono::seconds(2), std::chrono::seconds(1), size % 2 == 0});
  const auto totals = first.totals();
  require(totals.swarms <= 50 && totals.seeders + totals.leechers <= 500);

  swarm_table second(s, 2);
  teach(second, saved(first), {first.tick()});
  require(second.totals().seeders == totals.seeders && second.totals().leechers == totals.leechers);

  std::vector<std::byte> file;
  snapshot_writer w({1, first.tick()}, file);
  if (const auto excerpts = saved(first); !excerpts.empty()) {
    w.block(excerpts);
  }
  w.end();
  require(snapshot_reader::open(file).has_value());
  return 0;
}
