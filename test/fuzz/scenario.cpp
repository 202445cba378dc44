// Scenario files and settings from strangers: what is accepted keeps every bound that the engines rely on.
// The input is a document and, after a zero byte, a setting.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <shoal/lab/scenario_file.hpp>

#include "fuzz/require.hpp"

namespace {

using namespace shoal;
using namespace shoal::lab;

void check_group(const group_plan& g) {
  require(!g.name.empty());
  require(g.count >= 1);
  for (const auto& r : {g.up, g.down}) {
    require(r.low > 0 && r.low <= r.high);
    require(r.of(0) >= r.low * 0.999 && r.of(0) <= r.high);
  }
  require(g.have_part >= 0 && g.have_part < 1);
  require(g.role == role::leecher || !g.begins_with_pieces());
  require(!g.one_club || g.have_part == 0);
  if (const auto* list = std::get_if<arrive_at_times>(&g.arrival)) {
    require(list->times.size() == g.count);
    require(std::is_sorted(list->times.begin(), list->times.end()));
  }
  require(!g.site || g.site->hosts >= 1);
}

void check(const scenario& s) {
  require(s.piece_count() >= 1 && s.piece_count() <= pieces_max);
  require(!s.groups.empty() && s.groups.size() <= groups_max);
  require(s.peer_count() <= peers_max);
  std::for_each(s.groups.begin(), s.groups.end(), check_group);
  for (const auto& f : s.faults) {
    require(!f.when.progress || (*f.when.progress >= 0 && *f.when.progress <= 1));
    if (const auto* dying = std::get_if<peers_die>(&f.what)) {
      require(dying->who.group.index() < s.groups.size());
      require(dying->who.count >= 1 && dying->who.count <= s.groups[dying->who.group.index()].count);
    }
  }
  require(s.time_max > duration{});
  require(s.sample_every > duration{});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto end = input.find('\0');
  std::vector<setting> settings;
  if (end != std::string_view::npos) {
    const auto sweep = parse_sweep(input.substr(end + 1));
    if (sweep.has_value()) settings = *sweep;
  }
  const auto s = parse_scenario(input.substr(0, end), settings);
  if (s.has_value()) {
    check(*s);
  } else {
    require(!s.error().text.empty());
  }
  return 0;
}
