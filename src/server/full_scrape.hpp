#pragma once
// The counts of all swarms, as the body of a scrape's reply, in parts: it may have a hundred MiB, and no more
// of it is made than the client reads. Swarms may come and go meanwhile; one that is there all the time is
// told once. Takes 20 bytes a swarm.

#include <cstddef>
#include <string>
#include <vector>

#include <shoal/hash/digest.hpp>

#include "server/swarm_shards.hpp"

namespace shoal::server {

class full_scrape {
 public:
  explicit full_scrape(const swarm_shards& swarms) : swarms_(swarms) {}

  /// Appends what comes next to `out`, some ten KiB, or nothing yet; false when it was the last. Each call
  /// takes a few milliseconds at most, so that others on the thread may have their turn in between.
  bool next(std::string& out);

 private:
  /// The rest of one table's info-hashes, in order; bencoded keys are sorted over all of them.
  struct run {
    std::vector<sha1_digest> hashes;
    std::size_t at = 0;

    bool operator<(const run& other) const { return hashes[at] > other.hashes[other.at]; }
  };

  void gather_one();
  void write_some(std::string& out);

  const swarm_shards& swarms_;
  std::size_t gathered_ = 0;  // tables
  std::vector<run> heap_;     // the run with the least hash first
};

}  // namespace shoal::server
