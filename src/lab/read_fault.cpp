#include <algorithm>
#include <cmath>

#include "lab/scenario_parts.hpp"

namespace shoal::lab {

namespace json = boost::json;

namespace {

std::optional<group_index> group_named(std::string_view name, const std::vector<group_plan>& groups) {
  for (std::uint32_t i = 0; i < groups.size(); ++i) {
    if (groups[i].name == name) return group_index(i);
  }
  return std::nullopt;
}

std::string names_of(const std::vector<group_plan>& groups) {
  std::string out;
  for (const auto& g : groups) {
    out += (out.empty() ? "" : ", ") + g.name;
  }
  return out;
}

trigger read_trigger(fields& f) {
  trigger t;
  const auto* v = f.find("at");
  if (v == nullptr) return t;
  if (v->is_string() && std::string_view(v->get_string()).ends_with('%')) {
    f.take("at", t.progress, as_part);
  } else {
    f.take("at", t.at, as_time);
  }
  return t;
}

/// `group`, and how many of it: `count` or `part`; all of them when neither is said.
victims take_victims(fields& f, const std::vector<group_plan>& groups) {
  victims out;
  std::string name;
  f.take_needed("group", name, as_text);
  const auto group = group_named(name, groups);
  if (!group) f.object("group", with_quotes(name) + " is no group; groups are " + names_of(groups));
  const auto size = group ? groups[group->index()].count : 1;
  out.group = group.value_or(group_index());
  out.count = size;

  const bool has_count = f.find("count") != nullptr;
  const bool has_part = f.find("part") != nullptr;
  double part = 1;
  f.take("count", out.count, as_count);
  f.take("part", part, as_part);
  if (has_count && has_part) f.object("part", "count says already how many");
  if (out.count > size) f.object("count", "the group has only " + std::to_string(size));
  if (has_part) out.count = static_cast<std::uint32_t>(std::max(1.0, std::round(part * size)));
  return out;
}

peers_die read_deaths(fields& f, const std::vector<group_plan>& groups) {
  peers_die out{take_victims(f, groups)};
  f.take("over", out.over, as_time);
  return out;
}

tracker_dies read_tracker_death(fields& f, const std::vector<group_plan>&) {
  tracker_dies out;
  f.take("lasting", out.lasting, as_span);
  return out;
}

links_lose read_loss(fields& f, const std::vector<group_plan>& groups) {
  links_lose out{take_victims(f, groups)};
  f.take_needed("loss", out.part, as_part);
  if (out.part >= 1) f.object("loss", "a link that loses everything is a partition; see network_parts");
  f.take("lasting", out.lasting, as_span);
  return out;
}

network_parts read_partition(fields& f, const std::vector<group_plan>& groups) {
  network_parts out;
  f.take("lasting", out.lasting, as_span);
  const auto* side = f.need("side");
  if (side == nullptr) return out;
  if (!side->is_array() || side->get_array().empty()) {
    f.object("side", "has to be a list of groups");
    return out;
  }
  for (const auto& v : side->get_array()) {
    const auto group = v.is_string() ? group_named(v.get_string(), groups) : std::nullopt;
    if (!group) {
      f.object("side", "has to be a list of groups; groups are " + names_of(groups));
      return out;
    }
    if (std::find(out.side.begin(), out.side.end(), *group) != out.side.end())
      f.object("side", "names a group twice");
    out.side.push_back(*group);
  }
  if (out.side.size() == groups.size()) f.object("side", "holds every group, so nobody is cut off");
  return out;
}

peers_lie read_lie(fields& f, const std::vector<group_plan>& groups) {
  return {take_victims(f, groups)};
}

disks_slow read_slow_disk(fields& f, const std::vector<group_plan>& groups) {
  disks_slow out{take_victims(f, groups)};
  f.take_needed("rate", out.bytes_per_s, as_rate);
  f.take("lasting", out.lasting, as_span);
  return out;
}

}  // namespace

fault read_fault(const json::value& v, const std::string& path, const std::vector<group_plan>& groups,
                 objections& bad) {
  fault out;
  fields f(v, path, bad);
  out.when = read_trigger(f);
  std::uint32_t kinds = 0;
  const auto kind = [&](std::string_view key, auto read) {
    const auto* what = f.find(key);
    if (what == nullptr) return;
    ++kinds;
    fields inner(*what, f.path_of(key), bad);
    out.what = read(inner, groups);
    inner.finish();
  };
  kind("peers_die", read_deaths);
  kind("tracker_dies", read_tracker_death);
  kind("links_lose", read_loss);
  kind("network_parts", read_partition);
  kind("peers_lie", read_lie);
  kind("disks_slow", read_slow_disk);
  f.finish();
  if (kinds != 1) {
    bad.add(
        path,
        "needs exactly one of peers_die, tracker_dies, links_lose, network_parts, peers_lie and disks_slow");
  }
  return out;
}

}  // namespace shoal::lab
