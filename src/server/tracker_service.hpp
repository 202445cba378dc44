#pragma once
// What the tracker's pages are, apart from how they travel: a request becomes a body. Thread-safe.

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <shoal/announce/announce.hpp>
#include <shoal/base/endpoint.hpp>
#include <shoal/base/time.hpp>

#include "server/admission.hpp"
#include "server/full_scrape.hpp"
#include "server/pages.hpp"
#include "server/request_counts.hpp"
#include "server/request_reader.hpp"
#include "server/request_target.hpp"
#include "server/swarm_shards.hpp"

namespace shoal::server {

struct http_answer {
  unsigned status = 200;
  std::string_view content_type = "text/plain";
  request_label label;
  /// Not empty: this is the body, in parts, instead.
  std::shared_ptr<full_scrape> parts;
};

class tracker_service {
 public:
  struct settings {
    std::uint32_t num_want_max = 200;         ///< peers of a reply, at most
    bool full_scrape = false;                 ///< anybody may list all swarms
    std::vector<ip_address> trusted_proxies;  ///< see `tracker_settings`
  };
  /// `swarms` and `door_keeper` outlive it; `take_census` gives the numbers for the pages that show them.
  tracker_service(swarm_shards& swarms, admission& door_keeper, settings s,
                  std::function<census()> take_census);

  /// Appends the body of the answer to `body`. `from` is where the connection comes from.
  http_answer respond(const http_request& r, const ip_address& from, instant now, std::string& body) const;

 private:
  /// Of those who do not show what they must.
  std::string_view refusal(std::span<const sha1_digest> info_hashes, const request_target& target) const;
  http_answer announce(const request_target& target, const http_request& r, const ip_address& from,
                       instant now, std::string& body) const;
  http_answer scrape(const request_target& target, const ip_address& from, instant now,
                     std::string& body) const;
  http_answer show(std::string_view path, bool v6, instant now, std::string& body) const;
  std::vector<announce::scrape_entry> busiest(instant now) const;
  ip_address address_of(const announce::announce_request& a, const http_request& r,
                        const ip_address& from) const;
  bool is_trusted(const ip_address& a) const;

  swarm_shards& swarms_;
  admission& door_keeper_;
  settings settings_;
  std::function<census()> take_census_;
  mutable std::weak_ptr<full_scrape> full_scrape_;  // that is under way; guarded by full_scrape_mutex_
  mutable std::mutex full_scrape_mutex_;
  mutable std::vector<announce::scrape_entry> busiest_;  // at busiest_at_; both guarded by busiest_mutex_
  mutable std::optional<instant> busiest_at_;
  mutable std::mutex busiest_mutex_;
};

}  // namespace shoal::server
