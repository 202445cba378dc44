#pragma once
// What a session may be told.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <shoal/base/endpoint.hpp>
#include <shoal/base/near_prefix.hpp>
#include <shoal/base/time.hpp>
#include <shoal/metainfo/file_selection.hpp>
#include <shoal/metainfo/magnet_link.hpp>
#include <shoal/metainfo/torrent_info.hpp>
#include <shoal/net/route.hpp>
#include <shoal/peer/address_filter.hpp>
#include <shoal/wire/encryption.hpp>

namespace shoal {

/// Whether a gateway is asked to let callers in; never on loopback or with a proxy.
enum class port_mapping_wish : std::uint8_t {
  off,
  automatic,  ///< where one seems to be in the way, and the route is not confined
  on,
};

struct session_settings {
  /// Where peers reach us. Port 0 takes a free one.
  endpoint listen{};
  /// How connections, announces and calls leave. When it is not confined they leave from the address of
  /// `listen`, unless that is the unspecified one. When it is, `listen` without an address is confined to it
  /// too.
  net::route route;
  unsigned threads = 0;               ///< network threads at most, while they are busy; 0: one a core
  unsigned threads_least = 1;         ///< of these, how many run however quiet it is
  unsigned disk_threads = 0;          ///< 0: one a core
  std::uint64_t upload_rate_max = 0;  ///< bytes a second of payload over all torrents, 0: no limit
  std::uint64_t download_rate_max = 0;
  std::uint32_t peers_max = 200;             ///< connections a torrent
  std::uint32_t upload_slots = 0;            ///< peers unchoked at once a torrent; 0: by the upload rate
  std::size_t buffer_bytes_max = 48U << 20;  ///< pooled payload buffers of the whole session
  bool announce_all = false;                 ///< to every tracker, not to one that answers
  std::string user_agent = "shoal";
  /// Of TCP, by its kernel name ("cubic", "bbr"); empty: the system's default. `session::start` fails with
  /// net::errc::no_such_congestion_control when the kernel does not have it.
  std::string congestion_control;
  /// Look for peers in the own network by multicast (BEP 14); never when listening on loopback only.
  bool local_discovery = true;
  port_mapping_wish map_port = port_mapping_wish::automatic;
  wire::mse::policy encryption = wire::mse::policy::allow;  ///< of peer connections
  std::shared_ptr<const peer::address_filter> ip_filter;    ///< peers that are not spoken with; null: none
  /// What our network is: that of the address which a connection leaves from. Where it is not empty, we fetch
  /// what no peer of our network has from elsewhere only if it is ours to fetch, see `swarm/afar`.
  near_prefix near;
  std::optional<std::uint64_t> seed;  ///< of all chance; from the system when absent
  std::string extra_ca_file;          ///< PEM, for https trackers of one's own
};

struct torrent_settings {
  /// This, or else `magnet`, says which torrent.
  std::shared_ptr<const metainfo::torrent_info> info;
  /// Without `info`: what it lacks is fetched from peers first. Its trackers, peers and selection of files
  /// count where `trackers`, `peers`, `files` and `file_priorities` say nothing.
  std::shared_ptr<const metainfo::magnet_link> magnet;
  std::uint64_t metadata_bytes_max = 64U << 20;  ///< of an info dictionary from peers
  bool metadata_only = false;                    ///< fetch the metadata, and then nothing
  std::filesystem::path directory;               ///< the files lie below it
  bool trust_complete = false;                   ///< just hashed by us: do not check again
  bool resume = true;                            ///< read and write resume data
  bool read_only = false;                        ///< seed only: never create or change a file
  bool super_seed = false;                       ///< when all is here: BEP 16, until the swarm has it
  bool preallocate = false;
  bool sequential = false;
  bool ends_first = false;                    ///< the first and the last piece of each file before all others
  std::vector<std::uint8_t> file_priorities;  ///< one a file, 0 skips; empty: as `files` says
  /// What to fetch, for those who do not know the files yet; empty: all. When it fits none the torrent pauses
  /// with metainfo::errc::no_file_selected.
  metainfo::file_selection files;
  std::vector<endpoint> peers;         ///< to try besides what trackers tell
  std::vector<std::string> web_seeds;  ///< besides the torrent's own (BEP 19)
  metainfo::tracker_tiers trackers;    ///< instead of the torrent's own when not empty

  const shoal::info_hash& info_hash() const { return info ? info->info_hash : magnet->info_hash; }
};

}  // namespace shoal
