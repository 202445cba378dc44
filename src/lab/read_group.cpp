#include <algorithm>
#include <array>

#include <shoal/sim/plan.hpp>

#include "lab/scenario_parts.hpp"

namespace shoal::lab {

namespace json = boost::json;

namespace {

/// The keys of one thing that can be said in one of several ways: exactly one of them has to be there.
bool exactly_one(fields& f, std::initializer_list<const json::value*> given, std::string_view list) {
  const auto n = std::count_if(given.begin(), given.end(), [](const auto* v) { return v != nullptr; });
  if (n != 1) f.bad().add(f.path(), "needs exactly one of " + std::string(list));
  return n == 1;
}

void take_link(fields& f, std::string_view key, link_rate& into) {
  const auto* v = f.find(key);
  if (v == nullptr) return;
  if (!v->is_object()) {
    f.take(key, into.low, as_rate);
    into.high = into.low;
    return;
  }
  fields range(*v, f.path_of(key), f.bad());
  range.take_needed("from", into.low, as_rate);
  range.take_needed("to", into.high, as_rate);
  range.finish();
  if (into.low > into.high || into.high == unlimited) {
    f.object(key, "has to go from a rate to a higher one");
  }
}

arrival read_arrival(const json::value& v, const std::string& path, std::uint32_t count, objections& bad) {
  if (v.is_string() && v.get_string() == "at once") return arrive_at_once{};
  if (!v.is_object()) {
    bad.add(
        path,
        R"(has to be "at once", {"at": TIME}, {"over": TIME}, {"poisson": PEERS A SECOND} or {"times": [...]})");
    return arrive_at_once{};
  }
  fields f(v, path, bad);
  const auto* at = f.find("at");
  const auto* over = f.find("over");
  const auto* poisson = f.find("poisson");
  const auto* times = f.find("times");
  duration from{};
  const bool has_from = f.find("from") != nullptr;
  f.take("from", from, as_time);
  f.finish();
  if (!exactly_one(f, {at, over, poisson, times}, "at, over, poisson and times")) return arrive_at_once{};
  if (has_from && (at != nullptr || times != nullptr)) f.object("from", "goes with over and poisson only");
  if (at != nullptr) {
    arrive_at_once a;
    f.take("at", a.at, as_time);
    return a;
  }
  if (over != nullptr) {
    duration length{};
    f.take("over", length, as_time);
    return arrive_over{from, from + length};
  }
  if (poisson != nullptr) {
    arrive_poisson p{.from = from};
    f.take("poisson", p.per_s, as_positive);
    return p;
  }
  arrive_at_times list;
  if (!times->is_array() || times->get_array().size() != count) {
    f.object("times", "has to be a list of as many times as there are peers");
    return list;
  }
  for (const auto& t : times->get_array()) {
    auto when = as_time(t);
    if (when.has_error()) {
      f.object("times", when.error().text);
      break;
    }
    list.times.push_back(*when);
  }
  if (!std::is_sorted(list.times.begin(), list.times.end())) f.object("times", "has to be in order");
  return list;
}

departure read_departure(const json::value& v, const std::string& path, objections& bad) {
  if (v.is_string() && v.get_string() == "never") return stay_for_ever{};
  if (v.is_string() && v.get_string() == "at completion") return leave_complete{};
  if (!v.is_object()) {
    bad.add(path,
            R"(has to be "never", "at completion", {"after": TIME}, {"after_mean": TIME}, {"ratio": R} or )"
            R"({"pieces": N})");
    return stay_for_ever{};
  }
  fields f(v, path, bad);
  const auto* after = f.find("after");
  const auto* mean = f.find("after_mean");
  const auto* ratio = f.find("ratio");
  const auto* pieces = f.find("pieces");
  f.finish();
  if (!exactly_one(f, {after, mean, ratio, pieces}, "after, after_mean, ratio and pieces"))
    return stay_for_ever{};
  if (ratio != nullptr) {
    leave_at_ratio d;
    f.take("ratio", d.ratio, as_positive);
    return d;
  }
  if (pieces != nullptr) {
    leave_after_pieces d;
    f.take("pieces", d.pieces, as_count);
    return d;
  }
  leave_after d{.exponential = mean != nullptr};
  f.take(mean != nullptr ? "after_mean" : "after", d.time, as_span);
  return d;
}

void take_neighbours(fields& f, strategy& s) {
  const auto* v = f.find("neighbours");
  if (v == nullptr) return;
  if (!v->is_object()) {
    f.take("neighbours", s.neighbours_max, as_count);
    return;
  }
  fields range(*v, f.path_of("neighbours"), f.bad());
  range.take("min", s.neighbours_min, as_count);
  range.take("max", s.neighbours_max, as_count);
  range.finish();
  if (s.neighbours_max != 0 && s.neighbours_min > s.neighbours_max)
    f.object("neighbours", "min is above max");
}

site_plan read_site(const json::value& v, const std::string& path, objections& bad) {
  site_plan s;
  fields f(v, path, bad);
  f.take_needed("hosts", s.hosts, as_count);
  f.take("up", s.up_bytes_per_s, as_rate);
  f.take("down", s.down_bytes_per_s, as_rate);
  f.take("latency", s.latency, as_time);
  f.finish();
  if (s.hosts > sim::site_hosts_max)
    f.object("hosts", "has to be " + std::to_string(sim::site_hosts_max) + " or less");
  return s;
}

}  // namespace

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 40 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == ' ';
  });
}

group_plan read_group(const std::string& name, const json::value& v, const std::string& path,
                      objections& bad) {
  group_plan g;
  g.name = name;
  if (!is_name(name)) bad.add(path, std::string(name_rule));
  fields f(v, path, bad);
  f.need("role");
  take_word(f, "role", g.role, {{"seeder", role::seeder}, {"leecher", role::leecher}});
  f.take("count", g.count, as_count);
  take_link(f, "up", g.up);
  take_link(f, "down", g.down);
  f.take("latency", g.latency, as_time);
  const auto* have = f.find("have");
  g.one_club = have != nullptr && *have == json::string("all but one");
  if (!g.one_club) f.take("have", g.have_part, as_part);
  const auto* arrives = f.find("arrival");
  if (arrives != nullptr) g.arrival = read_arrival(*arrives, f.path_of("arrival"), g.count, bad);
  const auto* departs = f.find("departure");
  if (departs != nullptr) g.departure = read_departure(*departs, f.path_of("departure"), bad);
  f.take("patience_mean", g.patience_mean, as_span);
  take_word(f, "pick", g.strategy.pick,
            {{"rarest-first", pick_rule::rarest_first},
             {"random", pick_rule::random},
             {"sequential", pick_rule::sequential}});
  take_word(f, "choke", g.strategy.choke,
            {{"standard", choke_rule::standard},
             {"no-reciprocation", choke_rule::no_reciprocation},
             {"selfish-cap", choke_rule::selfish_cap},
             {"free-rider", choke_rule::free_rider}});
  take_word(f, "from_afar", g.strategy.once_from_afar, {{"freely", false}, {"once", true}});
  take_word(f, "idle_slots", g.strategy.lends_slots, {{"lent", true}, {"kept", false}});
  take_word(f, "waiting_requests", g.strategy.moves_requests, {{"moved", true}, {"kept", false}});
  take_word(f, "advice", g.strategy.advises, {{"given", true}, {"none", false}});
  take_word(f, "seeding", g.strategy.super_seeds, {{"plain", false}, {"super", true}});
  f.take("slots", g.strategy.slots, as_count);
  take_neighbours(f, g.strategy);
  if (const auto* site = f.find("site")) g.site = read_site(*site, f.path_of("site"), bad);
  f.finish();

  if (g.role == role::leecher && g.strategy.super_seeds) f.object("seeding", "a leecher does not seed so");
  if (g.strategy.once_from_afar && !g.site) f.object("from_afar", "is once, but the group has no site");
  if (g.have_part >= 1) f.object("have", "who has everything is a seeder");
  if (g.role == role::seeder) {
    if (g.begins_with_pieces()) f.object("have", "a seeder has everything");
    if (g.patience_mean) f.object("patience_mean", "a seeder has nothing to wait for");
    if (g.strategy.choke == choke_rule::free_rider || g.strategy.choke == choke_rule::selfish_cap)
      f.object("choke", "a seeder that gives nothing is none");
    if (std::holds_alternative<leave_complete>(g.departure))
      f.object("departure", "a seeder would leave at once");
  }
  return g;
}

}  // namespace shoal::lab
