#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <doctest/doctest.h>

#include <shoal/lab/scenario_file.hpp>

#include "support/source_file.hpp"

using namespace shoal;
using namespace shoal::lab;
using namespace std::chrono_literals;

namespace {

const std::string everything = R"({
  "name": "everything",
  "about": "each key once",  // a remark
  "content": {"size": "256 MiB", "piece_length": "1 MiB"},
  "groups": {
    "seeder": {"role": "seeder", "up": "8 MiB/s", "latency": "20 ms", "departure": {"after": "90 s"},
               "seeding": "super"},
    "crowd": {
      "role": "leecher", "count": 100, "up": {"from": "1 MiB/s", "to": "10 MiB/s"}, "down": "100 Mbit/s",
      "have": "30 %", "arrival": {"poisson": 2.5, "from": "5 s"}, "departure": {"pieces": 1},
      "patience_mean": "1 h", "pick": "random", "choke": "no-reciprocation", "slots": 4,
      "neighbours": {"min": 20, "max": 30}, "from_afar": "once",
      "site": {"hosts": 40, "up": "1 Gbit/s", "down": "2 Gbit/s", "latency": "500 us"},
    },
  },
  "tracker": {"interval": "60 s", "min_interval": "10 s", "num_want": 30, "reply_max": 50,
              "policy": "near"},
  "faults": [
    {"at": "60 %", "peers_die": {"group": "seeder"}},
    {"at": "10 s", "peers_die": {"group": "crowd", "part": "5 %", "over": "60 s"}},
    {"at": "20 s", "tracker_dies": {"lasting": "30 s"}},
    {"at": "20 s", "links_lose": {"group": "crowd", "count": 3, "loss": "1 %"}},
    {"at": "20 s", "network_parts": {"side": ["crowd"], "lasting": "10 s"}},
    {"peers_lie": {"group": "crowd", "count": 1}},
    {"disks_slow": {"group": "crowd", "count": 2, "rate": "1 MiB/s"}},
  ],
  "end": {"time": "2 h", "whole_time": true},
  "record": {"every": "500 ms"},
  "simulation": {"block": "32 KiB", "tick": "50 ms"},
})";

/// The message for a scenario that differs from a good one by these settings.
std::string complaint_of(std::vector<setting> changes) {
  const auto s = parse_scenario(everything, changes);
  return s.has_error() ? s.error().message() : "";
}

}  // namespace

TEST_CASE("a scenario is read with all that it can say") {
  const auto read = parse_scenario(everything);
  REQUIRE_MESSAGE(read.has_value(), (read.has_error() ? read.error().message() : ""));
  const auto& s = *read;
  CHECK(s.name == "everything");
  CHECK(s.content_bytes == 256U << 20);
  CHECK(s.piece_length == 1U << 20);
  CHECK(s.piece_count() == 256);
  CHECK(s.peer_count() == 101);
  REQUIRE(s.groups.size() == 2);

  const auto& seeder = s.groups[0];
  CHECK(seeder.role == role::seeder);
  CHECK(seeder.count == 1);
  CHECK(seeder.up.of(0) == 8.0 * (1 << 20));
  CHECK(seeder.down.of(0) == unlimited);
  CHECK(seeder.latency == 20ms);
  CHECK(seeder.strategy.super_seeds);
  CHECK(std::get<arrive_at_once>(seeder.arrival).at == 0s);
  CHECK(std::get<leave_after>(seeder.departure).time == 90s);
  CHECK_FALSE(std::get<leave_after>(seeder.departure).exponential);

  const auto& crowd = s.groups[1];
  CHECK(crowd.name == "crowd");
  CHECK(crowd.down.of(5) == 12.5e6);
  CHECK(crowd.up.high == 10 * crowd.up.low);
  CHECK(crowd.have_part == doctest::Approx(0.3));
  CHECK(std::get<arrive_poisson>(crowd.arrival).per_s == 2.5);
  CHECK(std::get<arrive_poisson>(crowd.arrival).from == 5s);
  CHECK(std::get<leave_after_pieces>(crowd.departure).pieces == 1);
  CHECK(crowd.patience_mean == 1h);
  CHECK(crowd.strategy.pick == pick_rule::random);
  CHECK(crowd.strategy.choke == choke_rule::no_reciprocation);
  CHECK(crowd.strategy.slots == 4);
  CHECK(crowd.strategy.neighbours_min == 20);
  CHECK(crowd.strategy.neighbours_max == 30);
  REQUIRE(crowd.site);
  CHECK(crowd.site->hosts == 40);
  CHECK(crowd.strategy.once_from_afar);
  CHECK(crowd.site->up_bytes_per_s == 125e6);
  CHECK(crowd.site->latency == 500us);

  CHECK(s.tracker.interval_s == 60);
  CHECK(s.tracker.num_want == 30);
  CHECK(s.tracker.policy == tell_rule::near);
  REQUIRE(s.faults.size() == 7);
  CHECK(s.faults[0].when.progress == doctest::Approx(0.6));
  CHECK(std::get<peers_die>(s.faults[0].what).who.count == 1);
  CHECK(s.faults[1].when.at == 10s);
  CHECK(std::get<peers_die>(s.faults[1].what).who.count == 5);
  CHECK(std::get<tracker_dies>(s.faults[2].what).lasting == 30s);
  CHECK(std::get<links_lose>(s.faults[3].what).part == doctest::Approx(0.01));
  CHECK(std::get<network_parts>(s.faults[4].what).side == std::vector{group_index(1)});
  CHECK(std::get<peers_lie>(s.faults[5].what).who.group == group_index(1));
  CHECK(std::get<disks_slow>(s.faults[6].what).bytes_per_s == 1 << 20);
  CHECK(s.time_max == 2h);
  CHECK(s.whole_time);
  CHECK(s.sample_every == 500ms);
  CHECK(s.simulation.block_length == 32U << 10);
  CHECK(s.simulation.tick == 50ms);
}

TEST_CASE("settings change what the file says, by the whole path or from a group's name on") {
  const auto s = parse_scenario(everything, {{"crowd.count", "200"},
                                             {"groups.seeder.up", "4 MiB/s"},
                                             {"faults.1.peers_die.part", "\"10 %\""},
                                             {"crowd.departure", "never"},
                                             {"crowd.have", "all but one"},
                                             {"crowd.arrival", R"({"over": "60 s"})"},
                                             {"tracker.num_want", "12"}});
  REQUIRE_MESSAGE(s.has_value(), (s.has_error() ? s.error().message() : ""));
  CHECK(s->groups[1].count == 200);
  CHECK(s->groups[0].up.low == 4.0 * (1 << 20));
  CHECK(std::get<peers_die>(s->faults[1].what).who.count == 20);
  CHECK(std::holds_alternative<stay_for_ever>(s->groups[1].departure));
  CHECK(s->groups[1].one_club);
  CHECK(s->groups[1].have_part == 0);
  CHECK(std::get<arrive_over>(s->groups[1].arrival).to == 60s);
  CHECK(s->tracker.num_want == 12);
}

TEST_CASE("every objection names its place") {
  struct row {
    setting change;
    const char* message;
  };
  const row rows[] = {
      {{"crowd.cuont", "3"}, "groups.crowd: 'cuont' is not known here; known are role, count"},
      {{"content.size", "8 MiBs"}, "content.size: '8 MiBs' is no size"},
      {{"content.size", "0"}, "content.size: has to be more"},
      {{"content.piece_length", "100 KiB"}, "content.piece_length: has to be a power of two"},
      {{"content.piece_length", "8 KiB"}, "content.piece_length: has to be a power of two"},
      {{"content.size", "1 TiB"}, ""},
      {{"content.size", "2 TiB"}, "content.piece_length: makes more than"},
      {{"crowd.up", "0"}, "groups.crowd.up: '0' is no rate"},
      {{"crowd.up.from", "20 MiB/s"}, "groups.crowd.up: has to go from"},
      {{"crowd.role", "leech"}, "groups.crowd.role: has to be one of: seeder, leecher"},
      {{"crowd.count", "0"}, "groups.crowd.count: '0' is no whole number"},
      {{"crowd.count", "1.5"}, "groups.crowd.count: '1.5"},
      {{"crowd.count", "20000000"}, "groups: more than 10000000 peers"},
      {{"crowd.have", "130 %"}, "groups.crowd.have: '130 %' is no part"},
      {{"crowd.have", "1"}, "groups.crowd.have: who has everything"},
      {{"crowd.have", "all but two"}, "groups.crowd.have: 'all but two' is no part"},
      {{"seeder.have", "50 %"}, "groups.seeder.have: a seeder has everything"},
      {{"seeder.have", "all but one"}, "groups.seeder.have: a seeder has everything"},
      {{"seeder.departure", "at completion"}, "groups.seeder.departure: a seeder would"},
      {{"seeder.choke", "free-rider"}, "groups.seeder.choke: "},
      {{"seeder.choke", "selfish-cap"}, "groups.seeder.choke: "},
      {{"crowd.seeding", "super"}, "groups.crowd.seeding: a leecher"},
      {{"crowd.arrival", "later"}, "groups.crowd.arrival: has to be \"at once\""},
      {{"crowd.arrival.at", "5 s"}, "groups.crowd.arrival: needs exactly one of at, over"},
      {{"crowd.arrival", R"({"times": [1, 2]})"}, "groups.crowd.arrival.times: has to be a list of as many"},
      {{"crowd.departure.ratio", "1"}, "groups.crowd.departure: needs exactly one of after"},
      {{"crowd.neighbours.min", "31"}, "groups.crowd.neighbours: min is above max"},
      {{"groups.crowd", R"({"role": "leecher", "from_afar": "once"})"},
       "groups.crowd.from_afar: is once, but the group has no site"},
      {{"crowd.site.hosts", "0"}, "groups.crowd.site.hosts: '0' is no whole"},
      {{"crowd.site.hosts", "65537"}, "groups.crowd.site.hosts: has to be 65536 or less"},
      {{"groups.crowd", R"({"role": "leecher", "count": 40000, "site": {"hosts": 1}})"},
       "groups: more than 32768 sites"},
      {{"groups.crowd", R"({"role": "leecher"})"}, "tracker.policy: is near, but no group has a site"},
      {{"tracker.policy", "far"}, "tracker.policy: has to be one of: random, near"},
      {{"tracker.min_interval", "61 s"}, "tracker.min_interval: is longer"},
      {{"faults.1.peers_die.count", "3"}, "faults.1.peers_die.part: count says already"},
      {{"faults.3.links_lose.count", "101"}, "faults.3.links_lose.count: the group has only 100"},
      {{"faults.0.peers_die.group", "crowed"}, "faults.0.peers_die.group: 'crowed' is no group; groups are"},
      {{"faults.0.peers_lie", R"({"group": "crowd"})"}, "faults.0: needs exactly one of peers_die"},
      {{"faults.4.network_parts.side", R"(["crowd", "seeder"])"}, "faults.4.network_parts.side: holds every"},
      {{"faults.0.at", "60 parsecs"}, "faults.0.at: '60 parsecs' is no time"},
      {{"faults.9.at", "60"}, "faults.9.at: there is nothing"},
      {{"faults", "7"}, "faults: has to be a list"},
      {{"end.time", "0 s"}, "end.time: '0 s' has to be more"},
      {{"record.every", "1 us"}, "record.every: has to be 1 ms"},
      {{"simulation.block", "8 KiB"}, "simulation.block: has to be a power of two from 16 KiB"},
      {{"simulation.block", "48 KiB"}, "simulation.block: has to be a power of two"},
      {{"simulation.block", "256 MiB"}, "simulation.block: has to be a power of two"},
      {{"simulation.tick", "2 s"}, "simulation.tick: has to be 1 s or less"},
      {{"groups.a:b.role", "leecher"}, "groups.a:b: a name is made"},
      {{"groups", "{}"}, "groups: has to be an object of 1 to 64"},
      {{"groups.seeder.role", "leecher"}, "groups.seeder.seeding: a leecher"},
      {{"groups.crowd.role", "seeder"}, "groups.crowd.have: a seeder has"},
      {{"content", "x"}, "content: has to be an object"},
      {{"name", "../up"}, "name: a name is made"},
      {{"a..b", "1"}, "'a..b' is no path"},
      {{"nmae", "1"}, "'nmae' is not known here; known are name, about, content"},
  };
  for (const auto& r : rows) {
    CAPTURE(r.change.path);
    CAPTURE(r.change.value);
    const auto said = complaint_of({r.change});
    CAPTURE(said);
    CHECK(said.substr(0, std::string_view(r.message).size()) == r.message);
    CHECK(said.empty() == std::string_view(r.message).empty());
  }
}

TEST_CASE("what is no document is refused with its line") {
  const auto message = [](std::string_view text) {
    const auto s = parse_scenario(text);
    return s.has_error() ? s.error().message() : std::string("accepted");
  };
  CHECK(message("") == "line 1: this is no JSON (incomplete JSON)");
  CHECK(message("{\n\n\"name\" 5}").substr(0, 7) == "line 3:");
  CHECK(message("{} {}").substr(0, 7) == "line 1:");
  CHECK(message(R"({"name": "a", "name": "b"})") == "'name' is given twice in one object");
  CHECK(message("[]") == "has to be an object, in { }");
  CHECK(message("{}") == "name: is missing");
  CHECK(message(std::string(100, '[')).substr(0, 7) == "line 1:");
  CHECK(message(std::string(scenario_bytes_max + 1, ' ')) == "is too large for a scenario");
}

TEST_CASE("a sweep is a setting a value") {
  const auto sweep = parse_sweep(R"(crowd.up=1 MiB/s, 2 MiB/s,{"from": 1, "to": 2},"a,b")");
  REQUIRE(sweep.has_value());
  REQUIRE(sweep->size() == 4);
  CHECK((*sweep)[0].path == "crowd.up");
  CHECK((*sweep)[0].value == "1 MiB/s");
  CHECK((*sweep)[1].value == "2 MiB/s");
  CHECK((*sweep)[2].value == R"({"from": 1, "to": 2})");
  CHECK((*sweep)[3].value == R"("a,b")");
  for (const auto* bad : {"", "=", "a=", "=1", "a=1,,2", "a=1,", "count"}) {
    CAPTURE(bad);
    CHECK(parse_sweep(bad).has_error());
  }
}

TEST_CASE("every scenario that comes with the program is one") {
  std::size_t seen = 0;
  for (const auto& file : std::filesystem::directory_iterator(test::source_file("files/scenarios"))) {
    CAPTURE(file.path().string());
    std::ifstream in(file.path());
    const std::string text(std::istreambuf_iterator<char>(in), {});
    const auto s = parse_scenario(text);
    REQUIRE_MESSAGE(s.has_value(), (s.has_error() ? s.error().message() : ""));
    CHECK(s->name == file.path().stem());
    CHECK(s->about.size() > 10);
    ++seen;
  }
  CHECK(seen >= 12);
}
