#include <algorithm>
#include <bit>
#include <stdexcept>

#include <shoal/lab/scenario_file.hpp>
#include <shoal/sim/plan.hpp>

#include "lab/json_document.hpp"
#include "lab/scenario_parts.hpp"

namespace shoal::lab {

namespace json = boost::json;

namespace {

void read_content(const json::value& v, scenario& s, objections& bad) {
  fields f(v, "content", bad);
  f.take_needed("size", s.content_bytes, as_size);
  std::uint64_t piece_length = 0;
  f.take_needed("piece_length", piece_length, as_size);
  f.finish();
  if (bad.any()) return;
  if (!std::has_single_bit(piece_length) || piece_length < 16U << 10 || piece_length > 128U << 20) {
    f.object("piece_length", "has to be a power of two from 16 KiB to 128 MiB");
    return;
  }
  if (s.content_bytes == 0) f.object("size", "has to be more than nothing");
  if ((s.content_bytes - 1) / piece_length >= pieces_max) {
    f.object("piece_length", "makes more than " + std::to_string(pieces_max) + " pieces");
  }
  s.piece_length = static_cast<std::uint32_t>(piece_length);
}

void read_groups(const json::value& v, scenario& s, objections& bad) {
  if (!v.is_object() || v.get_object().empty() || v.get_object().size() > groups_max) {
    bad.add("groups", "has to be an object of 1 to " + std::to_string(groups_max) + " groups by name");
    return;
  }
  std::uint64_t peers = 0;
  std::uint64_t sites = 0;
  bool somebody_has = false;
  bool somebody_wants = false;
  for (const auto& member : v.get_object()) {
    const std::string name(member.key());
    s.groups.push_back(read_group(name, member.value(), "groups." + name, bad));
    const auto& g = s.groups.back();
    peers += g.count;
    if (g.site && g.site->hosts > 0) sites += (g.count - 1) / g.site->hosts + 1;
    somebody_has = somebody_has || g.role == role::seeder || g.begins_with_pieces();
    somebody_wants = somebody_wants || g.role == role::leecher;
  }
  if (peers > peers_max) bad.add("groups", "more than " + std::to_string(peers_max) + " peers");
  if (sites > sim::sites_max) bad.add("groups", "more than " + std::to_string(sim::sites_max) + " sites");
  if (!somebody_has)
    bad.add("groups", "nobody has the content; one group has to be of role seeder, or have a part");
  if (!somebody_wants) bad.add("groups", "nobody wants the content; one group has to be of role leecher");
}

void read_tracker(const json::value& v, scenario& s, objections& bad) {
  fields f(v, "tracker", bad);
  tracker_plan& t = s.tracker;
  const auto take_seconds = [&](std::string_view key, std::uint32_t& into) {
    duration time = std::chrono::seconds(into);
    f.take(key, time, as_span);
    into = static_cast<std::uint32_t>(std::min<std::int64_t>(
        std::chrono::ceil<std::chrono::seconds>(time).count(), std::numeric_limits<std::int32_t>::max()));
  };
  take_seconds("interval", t.interval_s);
  take_seconds("min_interval", t.min_interval_s);
  f.take("num_want", t.num_want, as_count);
  f.take("reply_max", t.reply_max, as_count);
  take_word(f, "policy", t.policy, {{"random", tell_rule::anybody}, {"near", tell_rule::near}});
  f.finish();
  if (t.min_interval_s > t.interval_s) f.object("min_interval", "is longer than the interval");
  if (t.policy == tell_rule::near && std::none_of(s.groups.begin(), s.groups.end(),
                                                  [](const group_plan& g) { return g.site.has_value(); })) {
    f.object("policy", "is near, but no group has a site");
  }
}

void read_end(const json::value& v, scenario& s, objections& bad) {
  fields f(v, "end", bad);
  f.take("time", s.time_max, as_span);
  f.take("whole_time", s.whole_time, as_flag);
  f.finish();
}

void read_record(const json::value& v, scenario& s, objections& bad) {
  fields f(v, "record", bad);
  f.take("every", s.sample_every, as_span);
  f.finish();
  if (s.sample_every < std::chrono::milliseconds(1)) f.object("every", "has to be 1 ms or more");
}

void read_simulation(const json::value& v, scenario& s, objections& bad) {
  fields f(v, "simulation", bad);
  std::uint64_t block = 0;
  f.take("block", block, as_size);
  f.take("tick", s.simulation.tick, as_time);
  f.finish();
  if (f.find("block") != nullptr &&
      (!std::has_single_bit(block) || block < block_bytes || block > s.piece_length)) {
    f.object("block", "has to be a power of two from 16 KiB to the piece length");
  }
  if (s.simulation.tick && *s.simulation.tick > std::chrono::seconds(1)) {
    f.object("tick", "has to be 1 s or less");
  }
  s.simulation.block_length = static_cast<std::uint32_t>(block);
}

scenario read_scenario(const json::value& document, objections& bad) {
  scenario s;
  fields f(document, "", bad);
  f.take_needed("name", s.name, as_text);
  if (!is_name(s.name)) f.object("name", std::string(name_rule));
  f.take("about", s.about, as_text);
  if (const auto* content = f.need("content")) read_content(*content, s, bad);
  if (const auto* groups = f.need("groups")) read_groups(*groups, s, bad);
  if (const auto* tracker = f.find("tracker")) read_tracker(*tracker, s, bad);
  if (const auto* simulation = f.find("simulation")) read_simulation(*simulation, s, bad);
  if (const auto* faults = f.find("faults")) {
    if (!faults->is_array() || faults->get_array().size() > 1000) {
      f.object("faults", "has to be a list of at most 1000 faults");
    } else {
      for (std::size_t i = 0; i < faults->get_array().size() && !bad.any(); ++i) {
        s.faults.push_back(read_fault(faults->get_array()[i], "faults." + std::to_string(i), s.groups, bad));
      }
    }
  }
  if (const auto* end = f.find("end")) read_end(*end, s, bad);
  if (const auto* record = f.find("record")) read_record(*record, s, bad);
  f.finish();
  return s;
}

}  // namespace

void throw_exception_from_error(const objection& o, const boost::source_location&) {
  throw std::invalid_argument(o.message());
}

checked<setting> parse_setting(std::string_view text) {
  const auto equals = text.find('=');
  if (equals == 0 || equals == std::string_view::npos || equals + 1 == text.size()) {
    return objection{"", with_quotes(text) + " sets nothing; write it as crowd.count=100"};
  }
  return setting{std::string(text.substr(0, equals)), std::string(text.substr(equals + 1))};
}

checked<std::vector<setting>> parse_sweep(std::string_view text) {
  const auto whole = parse_setting(text);
  if (whole.has_error()) return whole.error();
  std::vector<setting> out;
  std::string value;
  int depth = 0;
  bool in_quotes = false;
  const auto end_value = [&] {
    value.erase(0, value.find_first_not_of(' '));
    if (value.empty()) return false;
    out.push_back({whole->path, std::move(value)});
    value.clear();
    return true;
  };
  for (const char c : whole->value) {
    if (c == '"') in_quotes = !in_quotes;
    if (!in_quotes) depth += c == '{' || c == '[' ? 1 : c == '}' || c == ']' ? -1 : 0;
    if (c == ',' && !in_quotes && depth == 0) {
      if (!end_value()) return objection{"", with_quotes(text) + " has an empty value"};
    } else {
      value += c;
    }
  }
  if (!end_value()) return objection{"", with_quotes(text) + " has an empty value"};
  return out;
}

checked<scenario> parse_scenario(std::string_view text, const std::vector<setting>& settings) {
  auto document = read_document(text);
  if (document.has_error()) return document.error();
  for (const auto& s : settings) {
    if (auto applied = apply(*document, s); applied.has_error()) return applied.error();
  }
  objections bad;
  auto out = read_scenario(*document, bad);
  if (bad.any()) return bad.take();
  return out;
}

}  // namespace shoal::lab
