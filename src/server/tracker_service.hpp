#pragma once
// What the tracker's pages are, apart from how they travel: a target becomes a question, a batch of questions
// is answered under one lock, an answer becomes a body. Thread-safe.

#include <atomic>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <shoal/announce/announce.hpp>
#include <shoal/base/endpoint.hpp>
#include <shoal/base/time.hpp>
#include <shoal/registry/swarm_table.hpp>

namespace shoal::server {

// Questions.

struct ask_announce {
  announce::announce_request request;
};
struct ask_scrape {
  std::vector<sha1_digest> hashes;
};
struct ask_full_scrape {};
struct ask_stats {};
/// Needs nothing from the table.
struct page {
  unsigned status = 200;
  std::string_view content_type = "text/plain";
  std::string body;
  bool bad = false;  ///< the request's fault
};
using question = std::variant<page, ask_announce, ask_scrape, ask_full_scrape, ask_stats>;

/// A question and, once `answer` was called, its answer.
struct query {
  question asked;
  std::variant<std::monostate, announce::announce_response, std::vector<announce::scrape_entry>,
               registry::table_totals>
      found;
};

class tracker_service {
 public:
  tracker_service(const registry::table_settings& s, std::uint64_t seed, bool full_scrape);

  /// `target` is a request's path and query.
  question read(std::string_view target) const;
  /// A request that is none of ours, as a page.
  static page refusal(unsigned status);

  /// All of them under one lock; `from` is the asker's address.
  void answer(std::span<query> batch, const ip_address& from);
  /// The reply's body, appended to `body`. `connections` goes into the statistics.
  void write(const query& q, std::uint64_t connections, std::string& body) const;

  void expire(instant now);
  registry::table_totals totals() const;
  void count_request(bool bad);
  std::uint64_t requests() const { return requests_; }
  std::uint64_t bad_requests() const { return bad_requests_; }

 private:
  std::string stats_json(const registry::table_totals& t, std::uint64_t connections) const;

  mutable std::mutex mutex_;
  registry::swarm_table table_;  // guarded by mutex_
  bool full_scrape_;
  instant started_;
  std::atomic<std::uint64_t> requests_ = 0, bad_requests_ = 0;
};

std::string_view content_type(const question& q);
unsigned status(const question& q);
bool is_bad(const question& q);

}  // namespace shoal::server
