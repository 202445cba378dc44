#pragma once
// When to ask which of a list of trackers, so that one of them knows us and tells us peers (BEP 3, BEP 12):
// the tiers in order, the trackers of a tier in the order given, and one that answers moves to the head of
// its tier. A tracker that is slow is waited for, but after `slow_after` the next is asked as well, so a dead
// one at the head delays nobody. When all have failed the next round waits 2 s, then twice as long each time
// up to half an hour, jittered.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <shoal/announce/announce.hpp>
#include <shoal/base/rng.hpp>
#include <shoal/base/time.hpp>

namespace shoal::swarm {

using tracker_tiers = std::vector<std::vector<std::string>>;

struct announce_settings {
  duration retry_first = std::chrono::seconds(2);
  duration retry_max = std::chrono::minutes(30);
  duration interval_least = std::chrono::seconds(5);  ///< whatever a tracker says
  duration interval_most = std::chrono::hours(2);
  duration slow_after = std::chrono::seconds(5);   ///< then the next tracker is asked too
  duration answer_max = std::chrono::seconds(70);  ///< then the shell's answer is not waited for
  bool all = false;                                ///< every tracker is told and asked, each in its own time
};

struct announce_order {
  std::uint32_t ticket = 0;
  std::string url;
  announce::event event = announce::event::none;
  std::string tracker_id;
};

class announce_lane {
 public:
  /// The tiers are not empty.
  announce_lane(const tracker_tiers& tiers, const announce_settings& s);

  void start(instant now);
  void completed(instant now);
  void set_partial_seed(instant now, bool is_one);
  void want_peers(instant now);
  /// `ticket` is used, and raised, when an announce is due.
  std::optional<announce_order> next(instant now, std::uint32_t& ticket, rng& chance);
  std::optional<instant> deadline() const { return running_ ? std::optional(due_) : std::nullopt; }
  /// False when nothing with this ticket is awaited.
  bool answered(instant now, std::uint32_t ticket, const announce::announce_response& r, rng& chance);
  bool failed(instant now, std::uint32_t ticket, rng& chance);
  void stop(std::uint32_t& ticket, std::vector<announce_order>& out);

 private:
  struct pending {
    std::uint32_t ticket;
    announce::event event;
    instant asked_at;
  };
  struct tracker {
    explicit tracker(std::string u) : url(std::move(u)) {}

    std::string url;
    std::string id;         // "tracker id" of its last reply
    bool knows_us = false;  // it has seen `started`
    bool dead = false;      // BEP 31 "never"
    bool completed_sent = false;
    std::optional<pending> awaited;
  };

  template <class F>
  void for_each(F f);
  tracker* find(std::uint32_t ticket);
  tracker* whose_turn();
  void begin_round();
  void end_round(instant now, rng& chance);
  void promote(const tracker& t);
  bool asking() const;
  announce::event event_for(const tracker& t) const;

  announce_settings settings_;
  std::vector<std::vector<tracker>> tiers_;
  std::size_t tier_ = 0, place_ = 0;  // whom to ask next
  bool running_ = false;
  bool complete_ = false;      // completed in this run
  bool partial_seed_ = false;  // BEP 21
  std::uint32_t newest_ticket_ = 0;
  std::uint32_t failed_rounds_ = 0;
  instant due_{};
  instant earliest_{};  // min interval
};

}  // namespace shoal::swarm
