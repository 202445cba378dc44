#pragma once
// Who is answered: who shows a passkey or a token, which torrents are served, and how often an address may
// ask. Thread-safe.

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <span>
#include <string_view>

#include <shoal/base/endpoint.hpp>
#include <shoal/base/time.hpp>
#include <shoal/hash/digest.hpp>
#include <shoal/registry/info_hash_list.hpp>
#include <shoal/registry/passkey_list.hpp>
#include <shoal/registry/source_limits.hpp>
#include <shoal/server/token_keys.hpp>
#include <shoal/server/tracker_server.hpp>

#include "server/request_target.hpp"

namespace shoal::server {

class admission {
 public:
  admission(std::uint32_t requests_per_s_max, std::uint64_t secret)
      : limits_(requests_per_s_max, requests_per_s_max * burst_s, secret) {}

  void serve(torrents_served which, registry::info_hash_list list);
  /// From now on one of these passkeys, or a token by `require_tokens`, must be shown.
  void require_passkeys(registry::passkey_list keys);
  void require_tokens(token_keys keys);

  /// Why not, for the client to show; empty for a torrent that is served.
  std::string_view refusal(const sha1_digest& info_hash) const;
  /// Whether anything must be shown; if not, nothing needs to be read from the request.
  bool asks_for_credentials() const { return asks_.load(std::memory_order_relaxed); }
  /// Why not; empty for who may ask about all these torrents. Takes some ten microseconds for a token.
  std::string_view refusal(std::span<const sha1_digest> info_hashes, const credentials& shown,
                           std::uint64_t unix_now_s) const;
  /// Counts a request.
  bool is_within_limit(instant now, const ip_address& from) { return limits_.take(now, from); }

  static constexpr std::string_view over_limit = "too many requests from your address";

 private:
  /// A client with many torrents announces all of them when it starts.
  static constexpr std::uint32_t burst_s = 10;

  registry::source_limits limits_;
  std::atomic<torrents_served> which_ = torrents_served::all;
  std::atomic<bool> asks_ = false;
  mutable std::shared_mutex mutex_;
  registry::info_hash_list list_;                           // guarded by mutex_
  std::shared_ptr<const registry::passkey_list> passkeys_;  // guarded by mutex_; nullptr when none is needed
  std::optional<token_keys> tokens_;                        // guarded by mutex_
};

}  // namespace shoal::server
