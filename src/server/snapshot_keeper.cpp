#include "server/snapshot_keeper.hpp"

#include <utility>

#include <spdlog/spdlog.h>

#include "server/snapshot_file.hpp"
#include "server/steady_now.hpp"

namespace shoal::server {

snapshot_keeper::snapshot_keeper(std::filesystem::path file, duration every, const swarm_shards& swarms)
    : file_(std::move(file)), every_(every), swarms_(swarms), thread_([this] { run(); }) {}

snapshot_keeper::~snapshot_keeper() {
  stop();
}

outcome<void> snapshot_keeper::finish() {
  stop();
  return save_snapshot(file_, swarms_, steady_now(), unix_now_ms());
}

void snapshot_keeper::run() {
  std::unique_lock lock(mutex_);
  while (!woken_.wait_for(lock, every_, [this] { return stopping_; })) {
    lock.unlock();
    if (const auto saved = save_snapshot(file_, swarms_, steady_now(), unix_now_ms()); !saved) {
      spdlog::error("tracker: no snapshot was saved: {}", saved.error().message());
    }
    lock.lock();
  }
}

void snapshot_keeper::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  woken_.notify_all();
  if (thread_.joinable()) {
    thread_.join();
  }
}

}  // namespace shoal::server
