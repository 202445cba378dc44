#pragma once
// When to ask which of a torrent's trackers. By default they are one list of tiers, shuffled within each
// (BEP 12), of which one tracker is kept; with `all`, each tracker is announced to by itself, so none waits
// for another.

#include <cstdint>
#include <optional>
#include <vector>

#include <shoal/base/fetch_early.hpp>
#include <shoal/swarm/announce_lane.hpp>

namespace shoal::swarm {

class announce_schedule {
 public:
  using request = announce_order;

  announce_schedule(tracker_tiers tiers, const announce_settings& s, rng& chance);

  void start(instant now);
  /// `completed` goes out as soon as it may.
  void completed(instant now);
  /// A partial seed (BEP 21: it wants nothing more, though not all is there) says so in every announce; that
  /// it is one, or one no longer, as soon as `min interval` allows.
  void set_partial_seed(instant now, bool is_one);
  /// We lack peers: ask again as soon as `min interval` allows.
  void want_peers(instant now);

  /// An announce that is due, if any; it is under way from now on.
  std::optional<request> next(instant now, rng& chance);
  std::optional<instant> deadline() const;

  /// See `torrent_core`.
  void fetch_early() const { shoal::fetch_early(lanes_.data(), lanes_.empty() ? 0 : sizeof(lanes_[0])); }

  /// The answer to a ticket; an old ticket is ignored (false).
  bool answered(instant now, std::uint32_t ticket, const announce::announce_response& r, rng& chance);
  bool failed(instant now, std::uint32_t ticket, rng& chance);

  /// `stopped` for every tracker that knows us. The schedule is over.
  std::vector<request> stop();

 private:
  std::vector<announce_lane> lanes_;
  std::uint32_t ticket_ = 0;
};

}  // namespace shoal::swarm
