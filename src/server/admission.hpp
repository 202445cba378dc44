#pragma once
// Who is answered: which torrents are served, and how often an address may ask. Thread-safe.

#include <atomic>
#include <cstdint>
#include <shared_mutex>
#include <string_view>

#include <shoal/base/endpoint.hpp>
#include <shoal/base/time.hpp>
#include <shoal/hash/digest.hpp>
#include <shoal/registry/info_hash_list.hpp>
#include <shoal/registry/source_limits.hpp>
#include <shoal/server/tracker_server.hpp>

namespace shoal::server {

class admission {
 public:
  admission(std::uint32_t requests_per_s_max, std::uint64_t secret)
      : limits_(requests_per_s_max, requests_per_s_max * burst_s, secret) {}

  void serve(torrents_served which, registry::info_hash_list list);

  /// Why not, for the client to show; empty for a torrent that is served.
  std::string_view refusal(const sha1_digest& info_hash) const;
  /// Counts a request.
  bool is_within_limit(instant now, const ip_address& from) { return limits_.take(now, from); }

  static constexpr std::string_view over_limit = "too many requests from your address";

 private:
  /// A client with many torrents announces all of them when it starts.
  static constexpr std::uint32_t burst_s = 10;

  registry::source_limits limits_;
  std::atomic<torrents_served> which_ = torrents_served::all;
  mutable std::shared_mutex mutex_;
  registry::info_hash_list list_;  // guarded by mutex_
};

}  // namespace shoal::server
