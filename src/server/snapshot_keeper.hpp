#pragma once
// Saves the swarms every now and then, and at the end, on a thread of its own: a slow disk holds up nobody.

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <thread>

#include <shoal/base/result.hpp>
#include <shoal/base/time.hpp>

#include "server/swarm_shards.hpp"

namespace shoal::server {

class snapshot_keeper {
 public:
  /// `swarms` outlives it.
  snapshot_keeper(std::filesystem::path file, duration every, const swarm_shards& swarms);
  /// Stops without saving.
  ~snapshot_keeper();
  snapshot_keeper(const snapshot_keeper&) = delete;
  snapshot_keeper& operator=(const snapshot_keeper&) = delete;

  /// Stops, and saves for the last time; once.
  outcome<void> finish();

 private:
  void run();
  void stop();

  const std::filesystem::path file_;
  const duration every_;
  const swarm_shards& swarms_;
  std::mutex mutex_;
  std::condition_variable woken_;
  bool stopping_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace shoal::server
