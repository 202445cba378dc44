#include "server/full_scrape.hpp"

#include <algorithm>
#include <utility>

#include <shoal/announce/announce.hpp>

namespace shoal::server {

namespace {

constexpr std::size_t entries_a_part = 500;

}  // namespace

bool full_scrape::next(std::string& out) {
  if (gathered_ < swarm_shards::shard_count) {
    if (gathered_ == 0) {
      out += announce::scrape_response_head;
    }
    gather_one();
    return true;
  }
  write_some(out);
  if (!heap_.empty()) {
    return true;
  }
  out += announce::scrape_response_tail;
  return false;
}

void full_scrape::gather_one() {
  run r{swarms_.info_hashes(gathered_++)};
  if (!r.hashes.empty()) {
    std::sort(r.hashes.begin(), r.hashes.end());
    heap_.push_back(std::move(r));
    std::push_heap(heap_.begin(), heap_.end());
  }
}

void full_scrape::write_some(std::string& out) {
  for (std::size_t i = 0; i < entries_a_part && !heap_.empty(); ++i) {
    std::pop_heap(heap_.begin(), heap_.end());
    run& least = heap_.back();
    announce::write_scrape_entry(swarms_.scrape(least.hashes[least.at]), out);
    if (++least.at < least.hashes.size()) {
      std::push_heap(heap_.begin(), heap_.end());
    } else {
      heap_.pop_back();
    }
  }
}

}  // namespace shoal::server
