#include "app/swarm_plan.hpp"

#include <shoal/metainfo/magnet_link.hpp>

#include "app/text.hpp"
#include "app/torrent_file.hpp"

namespace shoal::app {

session_settings settings_of(const transfer_options& o) {
  session_settings s;
  s.listen = o.listen.value_or(endpoint{ip_address::v6({}), 6881});
  s.route = o.bind;
  s.route.via = o.proxy;
  s.threads = o.threads;
  s.upload_rate_max = o.up_max;
  s.download_rate_max = o.down_max;
  s.peers_max = o.peers_max;
  s.upload_slots = o.uploads_max;
  s.user_agent = "shoal/" SHOAL_VERSION;
  s.congestion_control = o.congestion;
  s.extra_ca_file = o.ca_file;
  s.announce_all = o.announce_all;
  s.encryption = o.encryption;
  s.ip_filter = o.ip_filter;
  s.near = o.near;
  s.map_port = o.map_port;
  s.local_discovery = !o.no_local_discovery;
  return s;
}

std::string name_of(const torrent_settings& s) {
  const auto& name = s.info ? s.info->name : s.magnet->name;
  return name.empty() ? hex_of(s.info_hash()) : printable(name);
}

metainfo::tracker_tiers trackers_in_use(const torrent_settings& s) {
  if (!s.trackers.empty()) return s.trackers;
  if (s.info) return s.info->trackers;
  return s.magnet->trackers.empty() ? metainfo::tracker_tiers() : metainfo::tracker_tiers{s.magnet->trackers};
}

std::string magnet_in_use(const torrent_settings& s) {
  auto link = s.info ? metainfo::magnet_of(*s.info) : *s.magnet;
  link.trackers.clear();
  for (const auto& tier : trackers_in_use(s)) {
    link.trackers.insert(link.trackers.end(), tier.begin(), tier.end());
  }
  return metainfo::write_magnet(link);
}

}  // namespace shoal::app
