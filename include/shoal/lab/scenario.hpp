#pragma once
// What is to happen in an experiment on a swarm: the content, the peers and when they come and go, the
// tracker, and what goes wrong. Plain values: `parse_scenario` makes them from a file, and the simulation
// (`run_sim`) and the run with real processes (`run_live`) carry out the same ones. An engine that cannot do
// what a scenario asks for says so; it never leaves a part out in silence.
//
// Sizes are bytes, rates bytes a second of payload, times nanoseconds since the experiment's beginning.

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <shoal/base/strong.hpp>
#include <shoal/base/time.hpp>

namespace shoal::lab {

/// Index into `scenario::groups`.
using group_index = strong_index<struct group_index_tag>;

/// A rate without a limit.
inline constexpr double unlimited = std::numeric_limits<double>::infinity();

/// The rate of a link, one for all peers of a group or spread over a range.
struct link_rate {
  double low = unlimited;
  double high = unlimited;  ///< equal to `low` when all have the same

  /// Of the n-th peer of its group, n from 0: spread evenly over the logarithms of the range and independent
  /// of the seed, so that the lower bound of a scenario is a property of the scenario.
  double of(std::uint32_t n) const;
};

enum class role : std::uint8_t {
  seeder,  ///< begins with everything
  leecher,
};

enum class pick_rule : std::uint8_t { rarest_first, random, sequential };

enum class choke_rule : std::uint8_t {
  standard,          ///< tit for tat with an optimistic slot, as shipped
  no_reciprocation,  ///< slots go round by chance, whatever a peer gives
  selfish_cap,       ///< gives to who repays, and as little as that takes; nothing when complete
  free_rider,        ///< gives nothing
};

struct strategy {
  pick_rule pick = pick_rule::rarest_first;
  choke_rule choke = choke_rule::standard;
  bool lends_slots = true;           ///< which their holders have no use for, between two choke rounds
  bool once_from_afar = false;       ///< what nobody at a site has one of its hosts fetches from elsewhere
  bool moves_requests = true;        ///< that wait in line, to who could answer at once
  bool advises = true;               ///< a seeder suggests what to ask it for (BEP 6), as shipped
  bool super_seeds = false;          ///< a seeder hides what it has, and shows pieces one by one (BEP 16)
  std::uint32_t slots = 0;           ///< peers served at once; 0: by the upload rate, as shipped
  std::uint32_t neighbours_min = 0;  ///< connects by itself until it has so many; 0: as shipped
  std::uint32_t neighbours_max = 0;  ///< connections at most; 0: as shipped
};

/// All peers of the group at one time.
struct arrive_at_once {
  duration at{};
};
/// One after another, the gaps between them exponential: a Poisson process.
struct arrive_poisson {
  double per_s = 1;  ///< > 0
  duration from{};
};
/// One a time, in order; as many as the group has peers.
struct arrive_at_times {
  std::vector<duration> times;
};
/// Evenly between two times.
struct arrive_over {
  duration from{};
  duration to{};
};
using arrival = std::variant<arrive_at_once, arrive_poisson, arrive_at_times, arrive_over>;

struct stay_for_ever {};
struct leave_complete {};
/// So long after completion; a seeder: after joining.
struct leave_after {
  duration time{};
  bool exponential = false;  ///< `time` is the mean of an exponential distribution
};
/// When complete and so many times the content's bytes are given.
struct leave_at_ratio {
  double ratio = 1;
};
/// When complete and so many pieces' worth of bytes are given after completion.
struct leave_after_pieces {
  std::uint32_t pieces = 1;
};
using departure =
    std::variant<stay_for_ever, leave_complete, leave_after, leave_at_ratio, leave_after_pieces>;

/// A rack, an office, a campus: its hosts share one link to the rest, besides their own.
struct site_plan {
  std::uint32_t hosts = 0;  ///< peers a site, in the order of their numbers; > 0
  double up_bytes_per_s = unlimited;
  double down_bytes_per_s = unlimited;
  duration latency{};  ///< one way, of the shared link; adds to the hosts' own
};

/// Peers that are alike.
struct group_plan {
  std::string name;
  lab::role role = lab::role::leecher;
  std::uint32_t count = 1;
  link_rate up;
  link_rate down;
  duration latency{};  ///< one way, of the access link; between two peers both add up
  double have_part =
      0;  ///< of the pieces, each peer its own by chance, from the beginning; leechers only, < 1
  bool one_club = false;  ///< begins with all pieces but the first (Hajek, Zhu 2010); leechers only
  lab::arrival arrival;
  lab::departure departure;
  /// A leecher gives up before completion after an exponential time with this mean.
  std::optional<duration> patience_mean;
  lab::strategy strategy;
  std::optional<site_plan> site;

  bool begins_with_pieces() const { return have_part > 0 || one_club; }
};

/// Whom the tracker tells a peer of.
enum class tell_rule : std::uint8_t {
  anybody,  ///< by chance
  near      ///< mostly hosts of its own site
};

struct tracker_plan {
  std::uint32_t interval_s = 120;
  std::uint32_t min_interval_s = 30;
  std::uint32_t num_want = 80;    ///< what peers ask for
  std::uint32_t reply_max = 200;  ///< peers in one reply at most
  tell_rule policy = tell_rule::anybody;
};

/// When a fault begins: at a time, or as soon as the leechers that have joined hold such a part of what all
/// of them want (bytes of verified pieces; those who left count with what they had).
struct trigger {
  duration at{};
  std::optional<double> progress;  ///< 0 to 1; then `at` is not looked at
};

/// The peers of a group that a fault befalls: so many, by chance, of those that are there.
struct victims {
  group_index group;
  std::uint32_t count = 1;
};

/// They vanish without a word: connections break, the tracker hears nothing. Spread evenly over a while.
struct peers_die {
  victims who;
  duration over{};
};
/// The tracker answers nobody; when it comes back it has forgotten everything.
struct tracker_dies {
  std::optional<duration> lasting;  ///< nothing: for good
};
/// Packets of their access links are lost, both ways.
struct links_lose {
  victims who;
  double part = 0;  ///< of the packets, 0 to 1
  std::optional<duration> lasting;
};
/// Nothing passes between these groups and the others; connections do not break until they time out.
struct network_parts {
  std::vector<group_index> side;
  std::optional<duration> lasting;
};
/// Every block they send is false.
struct peers_lie {
  victims who;
};
/// Their disks write and read no faster.
struct disks_slow {
  victims who;
  double bytes_per_s = 0;
  std::optional<duration> lasting;
};

struct fault {
  trigger when;
  std::variant<peers_die, tracker_dies, links_lose, network_parts, peers_lie, disks_slow> what;
};

/// How finely it is simulated, where that is not left to the size of the swarm.
struct simulation_plan {
  std::uint32_t block_length = 0;  ///< bytes, a power of two up to the piece length; 0: by the size
  std::optional<duration> tick;    ///< everything happens at multiples of it; zero: at its own instant
};

struct scenario {
  std::string name;   ///< a word
  std::string about;  ///< one line for people
  std::uint64_t content_bytes = 0;
  std::uint32_t piece_length = 0;
  std::vector<group_plan> groups;
  tracker_plan tracker;
  std::vector<fault> faults;
  /// The end when something goes on for ever; the experiment is over before when all leechers that are to
  /// come have come and those that stay are complete, unless `whole_time`.
  duration time_max = std::chrono::hours(24);
  bool whole_time = false;
  simulation_plan simulation;
  duration sample_every = std::chrono::seconds(1);  ///< of the series; doubled while they get too long

  std::uint32_t piece_count() const {
    return static_cast<std::uint32_t>((content_bytes + piece_length - 1) / piece_length);
  }
  std::uint32_t peer_count() const;
};

}  // namespace shoal::lab
