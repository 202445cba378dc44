#pragma once
// When to ask which tracker (BEP 3, BEP 12). One tracker is asked at a time: the tiers in order, the trackers
// of a tier in an order shuffled once, and one that answers moves to the head of its tier. When all have
// failed the next round waits 2 s, then twice as long each time up to half an hour, jittered.

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
  duration answer_max = std::chrono::seconds(60);  ///< then the shell's answer is not waited for
};

class announce_schedule {
 public:
  struct request {
    std::uint32_t ticket = 0;
    std::string url;
    announce::event event = announce::event::none;
    std::string tracker_id;
  };

  announce_schedule(tracker_tiers tiers, const announce_settings& s, rng& chance);

  void start(instant now);
  /// `completed` goes out as soon as it may.
  void completed(instant now);
  /// We lack peers: ask again as soon as `min interval` allows.
  void want_peers(instant now);

  /// The announce that is due, if any; it is under way from now on. One that was not answered in time counts
  /// as failed.
  std::optional<request> next(instant now, rng& chance);
  std::optional<instant> deadline() const;

  /// The answer to a ticket; an old ticket is ignored (false).
  bool answered(instant now, std::uint32_t ticket, const announce::announce_response& r, rng& chance);
  bool failed(instant now, std::uint32_t ticket, rng& chance);

  /// `stopped` for every tracker that knows us. The schedule is over.
  std::vector<request> stop();

 private:
  struct tracker {
    explicit tracker(std::string u) : url(std::move(u)) {}

    std::string url;
    std::string id;         // "tracker id" of its last reply
    bool knows_us = false;  // it has seen `started`
    bool dead = false;      // BEP 31 "never"
    bool completed_sent = false;
  };

  tracker* current();
  void advance(instant now, rng& chance);
  void promote();
  announce::event event_for(const tracker& t) const;

  announce_settings settings_;
  std::vector<std::vector<tracker>> tiers_;
  std::size_t tier_ = 0, place_ = 0;  // whom to ask next
  bool running_ = false;
  bool complete_ = false;  // completed in this run
  std::optional<announce::event> under_way_;
  std::uint32_t ticket_ = 0;
  std::uint32_t failed_rounds_ = 0;
  instant due_{};
  instant earliest_{};  // min interval
};

}  // namespace shoal::swarm
