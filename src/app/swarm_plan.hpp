#pragma once
// What `seed` and `leech` want of a session, before there is one.

#include <functional>
#include <string>
#include <vector>

#include <shoal/session/settings.hpp>

#include "app/ending.hpp"
#include "app/options.hpp"

namespace shoal::app {

enum class swarm_role { seed, leech };

struct swarm_job {
  torrent_settings settings;
  std::string torrent_file;  ///< as others may be told; empty: none
  std::string magnet;
};

struct swarm_plan {
  swarm_role role = swarm_role::leech;
  session_settings session;
  bool listen_chosen = false;  ///< else another port will do when the default one is taken
  /// Makes the torrents ready; called once, when the address is had, since it may hash for an hour.
  std::function<std::vector<swarm_job>()> prepare;
  ending end;
  std::string on_complete;
  std::string
      save_torrent;  ///< where to write torrent files when magnet links' metadata is here; empty: nowhere
  std::string announce_url;  ///< of the tracker in this process
  /// Says what is about to happen; the address is where we listen.
  std::function<void(const std::vector<swarm_job>&, const endpoint&)> introduce;
};

/// The session's settings out of the common options. `listen` defaults to [::]:6881.
session_settings settings_of(const transfer_options& o);

/// A torrent's name, its magnet link's while no more is known, or else its info-hash; for people.
std::string name_of(const torrent_settings& s);
/// Where a torrent's trackers come from: those given, else its own.
metainfo::tracker_tiers trackers_in_use(const torrent_settings& s);
/// The magnet link of a torrent with the trackers that are in use.
std::string magnet_in_use(const torrent_settings& s);

}  // namespace shoal::app
