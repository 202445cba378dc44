#include "app/ending.hpp"

#include <algorithm>

namespace shoal::app {

bool is_over(const ending& e, const std::vector<standing>& torrents) {
  if (!e.when_complete && !e.seed_ratio && !e.seed_time) return false;
  return std::all_of(torrents.begin(), torrents.end(), [&](const standing& s) {
    const bool ratio_met =
        !e.seed_ratio || static_cast<double>(s.uploaded) >= *e.seed_ratio * static_cast<double>(s.bytes);
    return s.complete && ratio_met && (!e.seed_time || s.seeded >= *e.seed_time);
  });
}

exit_code verdict(const std::vector<standing>& torrents) {
  const auto any = [&](auto predicate) { return std::any_of(torrents.begin(), torrents.end(), predicate); };
  if (any([](const standing& s) { return s.has_problem; })) return exit_code::storage;
  if (any([](const standing& s) { return !s.complete; })) return exit_code::incomplete;
  return exit_code::ok;
}

bool stall_watch::stalled(instant now, std::uint64_t bytes, bool busy) {
  if (!since_ || busy || bytes != bytes_) {
    since_ = now;
    bytes_ = bytes;
  }
  return limit_ && now - *since_ >= *limit_;
}

}  // namespace shoal::app
