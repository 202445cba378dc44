#include <algorithm>
#include <cmath>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <openssl/evp.h>

#include <shoal/lab/bound.hpp>
#include <shoal/lab/report.hpp>
#include <shoal/lab/summary.hpp>

namespace shoal::lab {

namespace json = boost::json;

namespace {

/// Points of a distribution at most; more could not be told apart on a screen.
constexpr std::size_t points_max = 513;
/// Dots of a group in the fairness chart.
constexpr std::size_t dots_max = 300;

/// To the millisecond, or the thousandth: more digits only make files large.
double rounded(double n) {
  return std::round(n * 1000) / 1000;
}

json::value number(std::optional<double> n) {
  return n && std::isfinite(*n) ? json::value(rounded(*n)) : json::value(nullptr);
}

/// A rate or another number of bytes, whole; null when there is no limit.
json::value whole(double n) {
  return std::isfinite(n) ? json::value(static_cast<std::uint64_t>(std::llround(std::max(0.0, n))))
                          : json::value(nullptr);
}

json::value range_of(const link_rate& r) {
  if (r.low == unlimited) return nullptr;
  return json::object{{"low", whole(r.low)}, {"high", whole(r.high)}};
}

/// At most `most` of ascending numbers, evenly by rank, the last one among them.
json::array thinned(const std::vector<double>& ascending, std::size_t most) {
  json::array out;
  const auto n = ascending.size();
  const auto points = std::min(n, most);
  for (std::size_t i = 1; i <= points; ++i) {
    out.emplace_back(rounded(ascending[i * n / points - 1]));
  }
  return out;
}

template <class T>
json::array numbers(const std::vector<T>& v) {
  return json::array(v.begin(), v.end());
}
json::array wholes(const std::vector<double>& v) {
  json::array out;
  for (const double n : v) {
    out.push_back(whole(n));
  }
  return out;
}
json::array roundeds(const std::vector<double>& v) {
  json::array out;
  for (const double n : v) {
    out.emplace_back(rounded(n));
  }
  return out;
}

void put_completions(json::object& into, const completion_summary& c) {
  into["joined"] = c.joined;
  into["completed"] = c.completed;
  into["gave_up"] = c.gave_up;
  into["median_s"] = number(c.median());
  into["p95_s"] = number(c.quantile(0.95));
  into["last_s"] = number(c.last());
  into["times_s"] = thinned(c.times_s, points_max);
}

json::object group_fields(const run_result& r, group_index index) {
  const auto& g = r.scenario.groups[index.index()];
  std::uint64_t given = 0, taken = 0, wasted = 0;
  for (const auto& p : r.peers) {
    if (p.group != index) continue;
    given += p.given_total();
    taken += p.taken_total();
    wasted += p.wasted;
  }
  json::object out{{"name", g.name},
                   {"role", g.role == role::seeder ? "seeder" : "leecher"},
                   {"count", g.count},
                   {"up", range_of(g.up)},
                   {"down", range_of(g.down)},
                   {"given", given},
                   {"taken", taken},
                   {"wasted", wasted},
                   {"share_ratios", thinned(share_ratios(r, index), dots_max)}};
  put_completions(out, completions(r, index));
  if (g.role == role::seeder) {
    out["completed"] = 0;
    out["times_s"] = json::array();
  }
  return out;
}

json::object series_fields(const time_series& s) {
  json::array groups;
  for (const auto& g : s.groups) {
    groups.emplace_back(json::object{{"up", wholes(g.up_bytes_per_s)},
                                     {"down", wholes(g.down_bytes_per_s)},
                                     {"leeching", numbers(g.leeching)},
                                     {"seeding", numbers(g.seeding)}});
  }
  return {{"t", roundeds(s.t_s)},
          {"groups", std::move(groups)},
          {"uplink_use", roundeds(s.uplink_use)},
          {"rarest_copies", numbers(s.rarest_copies)},
          {"rarest_pieces", numbers(s.rarest_pieces)}};
}

/// The part of those there that has each row's pieces, as bytes from 0 to 255 in Base64.
json::value map_fields(const time_series& s) {
  const auto& map = s.availability;
  if (map.rows == 0) return nullptr;
  std::vector<unsigned char> cells;
  cells.reserve(map.copies.size());
  for (std::size_t i = 0; i < s.t_s.size(); ++i) {
    double there = 0;
    for (const auto& g : s.groups) {
      there += g.leeching[i] + g.seeding[i];
    }
    for (std::size_t row = 0; row < map.rows; ++row) {
      const double part = there > 0 ? map.copies[i * map.rows + row] / there : 0;
      cells.push_back(static_cast<unsigned char>(std::lround(255 * std::clamp(part, 0.0, 1.0))));
    }
  }
  std::string text(4 * ((cells.size() + 2) / 3) + 1, '\0');
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), cells.data(),
                                     static_cast<int>(cells.size()));
  text.resize(static_cast<std::size_t>(length));
  return json::object{{"rows", map.rows}, {"data", std::move(text)}};
}

json::object run_fields(const run_result& r) {
  json::array groups;
  for (std::uint32_t i = 0; i < r.scenario.groups.size(); ++i) {
    groups.emplace_back(group_fields(r, group_index(i)));
  }
  const auto table = [](const auto& rows) {
    json::array out;
    for (const auto& row : rows) {
      out.emplace_back(numbers(row));
    }
    return out;
  };
  json::object all;
  put_completions(all, completions(r));
  return {{"name", r.scenario.name},
          {"about", r.scenario.about},
          {"label", r.label},
          {"mode", r.mode == run_mode::sim ? "sim" : "live"},
          {"seed", r.seed},
          {"content_bytes", r.scenario.content_bytes},
          {"piece_length", r.scenario.piece_length},
          {"pieces", r.scenario.piece_count()},
          {"bound_s", number(lower_bound_s(r.scenario))},
          {"seeder_bytes_until_whole",
           r.seeder_bytes_until_whole ? json::value(*r.seeder_bytes_until_whole) : json::value(nullptr)},
          {"ended_s", rounded(r.ended_s)},
          {"interrupted", r.interrupted},
          {"wall_s", rounded(r.wall_s)},
          {"events", r.events},
          {"memory_bytes", r.memory_bytes},
          {"digest", r.trace_digest},
          {"notes", numbers(r.notes)},
          {"breaches", numbers(r.breaches)},
          {"all", std::move(all)},
          {"groups", std::move(groups)},
          {"exchanged", table(exchanged(r))},
          {"unchoked_s", r.unchoked_s ? json::value(table(*r.unchoked_s)) : json::value(nullptr)},
          {"series", series_fields(r.series)},
          {"availability", map_fields(r.series)}};
}

}  // namespace

std::string result_json(std::span<const run_result> runs) {
  json::array list;
  for (const auto& r : runs) {
    list.emplace_back(run_fields(r));
  }
  return json::serialize(json::object{{"version", SHOAL_VERSION}, {"runs", std::move(list)}});
}

}  // namespace shoal::lab
