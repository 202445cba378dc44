#pragma once
// Carries out a torrent's announces, and remembers for people how each tracker is doing. When to ask whom is
// the core's business. Lives on the torrent's strand.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <shoal/net/task_group.hpp>
#include <shoal/net/tracker_client.hpp>
#include <shoal/swarm/action.hpp>
#include <shoal/swarm/event.hpp>

#include "session/services.hpp"

namespace shoal {

/// Called on the torrent's strand.
class announcer_owner {
 public:
  virtual ~announcer_owner() = default;
  /// The event for the core, once for each `ask` whose task was not cancelled.
  virtual void tracker_answered(const swarm::announced& e) = 0;
  /// A line for people.
  virtual void tracker_told(session_event::kind what, std::string text) = 0;
};

class announcer {
 public:
  announcer(services& s, const net::strand& strand, net::task_group& tasks, const sha1_digest& info_hash,
            std::uint32_t key, announcer_owner& owner);

  /// `within` bounds the whole exchange.
  void ask(swarm::announce_to request, duration within);
  /// No answer is awaited.
  bool idle() const { return under_way_ == 0; }
  std::vector<tracker_status> trackers() const;

 private:
  net::awaitable<void> ask_one(swarm::announce_to request, duration within);
  void note(const std::string& url, const outcome<announce::announce_response>& answer);

  services& services_;
  const net::strand& strand_;
  net::task_group& tasks_;
  sha1_digest info_hash_;
  std::uint32_t key_;  ///< tells us from others behind one address (BEP 7)
  announcer_owner& owner_;
  std::map<std::string, tracker_status> trackers_;  // by URL
  std::size_t under_way_ = 0;
};

}  // namespace shoal
