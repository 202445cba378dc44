#pragma once
// The processes of a live run: the tracker, the peers, and the network between them.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <shoal/lab/run_live.hpp>

#include "lab/live_peer.hpp"
#include "lab/namespaces.hpp"

namespace shoal::lab {

class live_swarm {
 public:
  live_swarm(const scenario& s, const live_options& live);
  /// Ends every process and removes what was made on the disk.
  ~live_swarm();
  live_swarm(const live_swarm&) = delete;
  live_swarm& operator=(const live_swarm&) = delete;

  /// Makes the network, the content, the tracker and the torrent file. `seed` makes the content.
  outcome<void> prepare(std::uint64_t seed);

  std::vector<live_peer>& peers() { return peers_; }
  const std::vector<live_peer>& peers() const { return peers_; }
  double uplink(const live_peer& p) const;

  outcome<void> start(live_peer& p);
  /// Asks it to leave in good order.
  void dismiss(live_peer& p);
  void kill(live_peer& p, double now_s);

  void kill_tracker();
  outcome<void> restart_tracker();
  outcome<void> set_loss(const live_peer& p, double loss);

  /// Waits for output, at most so long, and gives each line to the peer that it is about.
  void listen(double wait_s, double now_s);
  /// Those whose process ended though nobody asked it to, with its last words.
  std::vector<std::string> deserters();

 private:
  outcome<void> make_content(std::uint64_t seed);
  outcome<void> start_tracker(const std::string& where);
  outcome<void> make_torrent();
  std::vector<std::string> command_at(const std::string& address, std::vector<std::string> arguments) const;
  std::string errors_of(const live_peer& p) const;
  std::string folder_of(const live_peer& p) const;
  shaping link_of(const live_peer& p) const;

  const scenario& scenario_;
  const live_options& live_;
  std::optional<namespaces> network_;
  live_peer tracker_;
  std::vector<live_peer> peers_;
  std::vector<bool> asked_;  // to leave, or killed; by peer
  std::string content_, torrent_;
};

}  // namespace shoal::lab
